//! Values over time: counts as bars, rates as lines.

use super::svg::Svg;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 76.0;
const BOTTOM: f64 = 56.0;
const COLOURS: [&str; 4] = ["#0b5cad", "#b35900", "#3d7a3d", "#7a3d7a"];
const DASHES: [&str; 4] = ["", "8 4", "2 3", "8 3 2 3"];
/// Beyond so many points their values are left to the description.
const LABELLED: usize = 16;

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// 件, % …
    pub unit: String,
    /// One for each period; none where there is nothing to say.
    pub values: Vec<Option<f64>>,
}

/// A trend: all series have the same unit.
#[derive(Clone, Debug)]
pub struct Trend {
    /// What it shows.
    pub title: String,
    /// Of what and when.
    pub subtitle: String,
    /// Periods.
    pub labels: Vec<String>,
    /// What is drawn.
    pub series: Vec<Series>,
}

#[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
fn place(n: usize) -> f64 {
    n as f64
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// A round number not below this one, to end an axis with.
fn ceiling(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|top| *top >= value).unwrap_or(value)
}

fn described(t: &Trend) -> String {
    let told = t.series.iter().map(|s| {
        let values = t.labels.iter().zip(&s.values).map(|(label, v)| v.map_or_else(|| format!("{label} 无"), |v| format!("{label} {}{}", number(v), s.unit)));
        format!("{}：{}", s.name, values.collect::<Vec<_>>().join("，"))
    });
    format!("{}。{}。", t.subtitle, told.collect::<Vec<_>>().join("；"))
}

/// Draws a trend.
pub fn trend(t: &Trend) -> String {
    let mut svg = Svg::new(WIDTH, HEIGHT, &t.title, &described(t));
    svg.text((LEFT, 26.0), "start", 18, &t.title);
    svg.text((LEFT, 46.0), "start", 12, &t.subtitle);
    let percent = t.series.iter().any(|s| s.unit == "%");
    let largest = t.series.iter().flat_map(|s| s.values.iter().flatten()).copied().fold(0.0, f64::max);
    let top = if percent { 100.0 } else { ceiling(largest) };
    // Half a matter is none: the steps of a count are whole.
    let steps: u8 = match top {
        _ if percent => 4,
        t if t <= 1.0 => 1,
        t if t <= 2.0 => 2,
        t if t.rem_euclid(4.0) == 0.0 => 4,
        _ => 5,
    };
    let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let up = |value: f64| TOP + height - height * value / top;
    for step in 0..=steps {
        let value = top * f64::from(step) / f64::from(steps);
        svg.line((LEFT, up(value)), (WIDTH - RIGHT, up(value)), "#ddd");
        svg.text((LEFT - 8.0, up(value) + 4.0), "end", 11, &number(value));
    }
    let slot = width / place(t.labels.len().max(1));
    let middle = |at: usize| LEFT + slot * (place(at) + 0.5);
    let every = t.labels.len().div_ceil(16).max(1);
    for (at, label) in t.labels.iter().enumerate().filter(|(at, _)| at.is_multiple_of(every)) {
        svg.text((middle(at), HEIGHT - BOTTOM + 18.0), "middle", 11, label);
    }
    for (n, series) in t.series.iter().enumerate() {
        let (colour, dashes) = (COLOURS.get(n % 4).copied().unwrap_or("#222"), DASHES.get(n % 4).copied().unwrap_or(""));
        if percent {
            let others: Vec<&Series> = t.series.iter().enumerate().filter(|(other, _)| *other != n).map(|(_, s)| s).collect();
            line(&mut svg, series, (n, &others), (colour, dashes), (&middle, &up));
        } else {
            bars(&mut svg, series, (n, t.series.len()), slot, &t.labels, colour, (&middle, &up));
        }
        let x = LEFT + place(n) * 180.0;
        svg.line((x, 60.0), (x + 18.0, 60.0), colour);
        svg.mark((x + 9.0, 60.0), n % 2 == 1, colour);
        svg.text((x + 24.0, 64.0), "start", 12, &format!("{}（{}）", series.name, series.unit));
    }
    svg.finish()
}

type Place<'a, T> = &'a dyn Fn(T) -> f64;

/// A line breaks where there is nothing to say.
fn line(svg: &mut Svg, series: &Series, (n, others): (usize, &[&Series]), (colour, dashes): (&str, &str), (middle, up): (Place<usize>, Place<f64>)) {
    let points: Vec<Option<(f64, f64)>> = series.values.iter().enumerate().map(|(at, v)| v.map(|v| (middle(at), up(v)))).collect();
    for run in points.split(Option::is_none).filter(|run| run.len() > 1) {
        svg.path(&run.iter().flatten().copied().collect::<Vec<_>>(), colour, dashes);
    }
    for (at, (point, value)) in points.iter().zip(&series.values).enumerate() {
        if let (Some((x, y)), Some(value)) = (point, value) {
            svg.mark((*x, *y), n % 2 == 1, colour);
            if series.values.len() <= LABELLED {
                let beside: Vec<f64> = others.iter().filter_map(|s| s.values.get(at).copied().flatten()).map(up).collect();
                svg.text((*x, label_at(*y, n, &beside)), "middle", 11, &number(*value));
            }
        }
    }
}

/// So much apart two numbers can be read; and between the places above and below a point.
const APART: f64 = 13.0;
const BETWEEN: f64 = 24.0;

/// Where the number of a point is written: the first above its line, the second below; where another point of the same period is
/// so near that the two would meet, the upper one is written above and the lower one below.
fn label_at(y: f64, n: usize, beside: &[f64]) -> f64 {
    let near = beside.iter().copied().find(|other| (other - y).abs() < BETWEEN + APART);
    let above = match near {
        Some(other) if (other - y).abs() > f64::EPSILON => y < other,
        _ => n.is_multiple_of(2),
    };
    if above { y - 8.0 } else { y + 16.0 }
}

fn bars(svg: &mut Svg, series: &Series, (n, of): (usize, usize), slot: f64, labels: &[String], colour: &str, (middle, up): (Place<usize>, Place<f64>)) {
    let width = slot * 0.7 / place(of.max(1));
    if n % 2 == 1 {
        svg.hatch(&format!("hatch{n}"), colour);
    }
    let fill = if n % 2 == 1 { format!("url(#hatch{n})") } else { colour.to_owned() };
    for (at, value) in series.values.iter().enumerate() {
        let Some(value) = value else { continue };
        let x = middle(at) - slot * 0.35 + width * place(n);
        let label = labels.get(at).map(String::as_str).unwrap_or_default();
        svg.bar((x, up(*value)), (width, up(0.0) - up(*value)), &fill, &format!("{} {label}：{}{}", series.name, number(*value), series.unit));
        if series.values.len() <= LABELLED {
            svg.text((x + width / 2.0, up(*value) - 5.0), "middle", 11, &number(*value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_says_itself_in_words_and_breaks_where_nothing_is() {
        let series = Series { name: "满意率".into(), unit: "%".into(), values: vec![Some(95.5), None, Some(100.0), Some(90.0)] };
        let labels = ["1月", "2月", "3月", "4月"].map(String::from).to_vec();
        let out = trend(&Trend { title: "满意率 <2026>".into(), subtitle: "如东县".into(), labels, series: vec![series] });
        assert!(out.contains("满意率：1月 95.50%，2月 无，3月 100%，4月 90%"), "{out}");
        assert!(out.contains("满意率 &lt;2026&gt;") && !out.contains("<2026>"));
        assert_eq!(out.matches("<polyline").count(), 1, "one point alone is no line");
        // Two near points: the upper one's number above it, the lower one's below, whichever is the first.
        assert_eq!((label_at(100.0, 0, &[80.0]), label_at(80.0, 1, &[100.0])), (116.0, 72.0));
        assert_eq!((label_at(100.0, 0, &[300.0]), label_at(300.0, 1, &[100.0])), (92.0, 316.0));
        assert_eq!((label_at(100.0, 0, &[100.0]), label_at(100.0, 1, &[100.0])), (92.0, 116.0));
        assert_eq!((ceiling(0.0), ceiling(7.0), ceiling(43.0), ceiling(100.0)), (1.0, 10.0, 50.0, 100.0));
    }
}
