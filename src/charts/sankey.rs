//! What went from where to where: ribbons as broad as they are many.

use std::collections::BTreeMap;

use super::svg::Svg;

const WIDTH: f64 = 960.0;
const TOP: f64 = 84.0;
const AREA: f64 = 360.0;
const GAP: f64 = 18.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = WIDTH - 190.0;
const NODE: f64 = 14.0;

/// A flow.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Hatched: told apart from the others without colour.
    pub hatched: bool,
    /// What it is.
    pub kind: String,
    /// Place and name of where it comes from; places are in order from the top.
    pub from: (i32, String),
    /// Place and name of where it goes.
    pub to: (i32, String),
    /// How many.
    pub count: i64,
}

#[expect(clippy::cast_precision_loss, reason = "a breadth on a drawing")]
fn breadth(count: i64) -> f64 {
    count as f64
}

/// Where each node of a side begins, with its name and count.
fn side(flows: &[Flow], of: fn(&Flow) -> &(i32, String), scale: f64) -> BTreeMap<i32, (f64, String, i64)> {
    let mut nodes: BTreeMap<i32, (f64, String, i64)> = BTreeMap::new();
    for flow in flows {
        let (at, name) = of(flow);
        nodes.entry(*at).or_insert_with(|| (0.0, name.clone(), 0)).2 += flow.count;
    }
    let mut y = TOP;
    for node in nodes.values_mut() {
        node.0 = y;
        y += breadth(node.2) * scale + GAP;
    }
    nodes
}

/// Draws flows.
pub fn sankey(title: &str, subtitle: &str, flows: &[Flow]) -> String {
    let told: Vec<String> = flows.iter().map(|f| format!("{}：{} 至 {} {} 次", f.kind, f.from.1, f.to.1, f.count)).collect();
    let words = if told.is_empty() { "期内没有流转".to_owned() } else { told.join("；") };
    let height = TOP + AREA + GAP * 6.0;
    let mut svg = Svg::new(WIDTH, height, title, &format!("{subtitle}。{words}。"));
    svg.text((24.0, 26.0), "start", 18, title);
    svg.text((24.0, 46.0), "start", 12, subtitle);
    svg.hatch("joint", "#b35900");
    let (plain, hatched) = ("#9dbfe3", "url(#joint)");
    let mut kinds: Vec<(bool, &str)> = flows.iter().map(|f| (f.hatched, f.kind.as_str())).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut x = 24.0;
    for (hatch, kind) in kinds {
        svg.bar((x, 56.0), (18.0, 12.0), if hatch { hatched } else { plain }, kind);
        svg.text((x + 24.0, 66.0), "start", 12, kind);
        x += 180.0;
    }
    let total: i64 = flows.iter().map(|f| f.count).sum();
    if total == 0 {
        svg.text((WIDTH / 2.0, TOP + AREA / 2.0), "middle", 14, "期内没有流转");
        return svg.finish();
    }
    let scale = AREA / breadth(total);
    let (mut from, mut to) = (side(flows, |f| &f.from, scale), side(flows, |f| &f.to, scale));
    for (nodes, x, anchor, text) in [(&from, LEFT, "end", LEFT - 10.0), (&to, RIGHT, "start", RIGHT + NODE + 10.0)] {
        for (y, name, count) in nodes.values() {
            let high = breadth(*count) * scale;
            svg.bar((x, *y), (NODE, high.max(1.0)), "#444", name);
            svg.text((text, y + high / 2.0 + 4.0), anchor, 13, &format!("{name} {count}"));
        }
    }
    let mut ordered: Vec<&Flow> = flows.iter().collect();
    ordered.sort_by_key(|f| (f.from.0, f.to.0, f.hatched));
    for flow in ordered {
        let high = breadth(flow.count) * scale;
        let take = |nodes: &mut BTreeMap<i32, (f64, String, i64)>, at: i32| {
            let Some(node) = nodes.get_mut(&at) else { return (TOP, TOP) };
            let begin = node.0;
            node.0 += high;
            (begin, node.0)
        };
        let (left, right) = (take(&mut from, flow.from.0), take(&mut to, flow.to.0));
        let words = format!("{}：{} 至 {} {} 次", flow.kind, flow.from.1, flow.to.1, flow.count);
        svg.ribbon((LEFT + NODE, left), (RIGHT, right), if flow.hatched { hatched } else { plain }, "#555", &words);
        svg.text((LEFT + NODE + 8.0, f64::midpoint(left.0, left.1) + 4.0), "start", 11, &format!("→ {} {}", flow.to.1, flow.count));
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_are_drawn_and_told() {
        let flow = |hatched, from: (i32, &str), to: (i32, &str), count| Flow {
            hatched,
            kind: if hatched { "联办" } else { "转办" }.into(),
            from: (from.0, from.1.into()),
            to: (to.0, to.1.into()),
            count,
        };
        let flows = [flow(false, (2, "市级"), (3, "县级"), 12), flow(true, (3, "县级"), (2, "市级"), 4)];
        let out = sankey("接力流向", "南通市", &flows);
        assert_eq!(out.matches("<path").count(), 2);
        assert!(out.contains("转办：市级 至 县级 12 次；联办：县级 至 市级 4 次"), "{out}");
        assert!(out.contains("url(#joint)"));
        assert!(sankey("接力流向", "南通市", &[]).contains("期内没有流转"));
    }
}
