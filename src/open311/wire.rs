//! The standard's two formats from one tree, its errors, its dates, its forms. Pure.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use validator::ValidateUrl as _;

use crate::kernel::Moment;

/// In which form an answer goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The required one.
    Xml,
    /// The other.
    Json,
}

impl Format {
    /// By the ending of the path, else by `Accept`; the standard's own is XML.
    pub fn of(path: &str, accept: &str) -> Option<(String, Self)> {
        match path.rsplit_once('.') {
            Some((name, "xml")) => Some((name.to_owned(), Self::Xml)),
            Some((name, "json")) => Some((name.to_owned(), Self::Json)),
            _ if path.rsplit('/').next().is_some_and(|last| last.contains('.')) => None,
            _ => {
                let at = |kind: &str| accept.find(kind).unwrap_or(usize::MAX);
                let json = at("application/json") < at("xml");
                Some((path.to_owned(), if json { Self::Json } else { Self::Xml }))
            }
        }
    }

    /// As the standard names it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// An answer before it is written.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Name of the root element.
    pub root: &'static str,
    /// A list (JSON: an array) or one thing.
    pub value: Value,
}

impl Tree {
    /// Writes it.
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Json => self.value.to_string(),
            Format::Xml => {
                let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
                element(&mut out, self.root, &self.value);
                out.push('\n');
                out
            }
        }
    }
}

/// What one of a list is called.
fn singular(list: &str) -> &str {
    match list {
        "services" => "service",
        "service_requests" => "request",
        "service_request_updates" => "request_update",
        "attributes" => "attribute",
        "values" => "value",
        "endpoints" => "endpoint",
        "formats" => "format",
        "errors" => "error",
        other => other.strip_suffix('s').unwrap_or(other),
    }
}

fn element(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {
            out.push('<');
            out.push_str(name);
            out.push_str("/>");
            return;
        }
        Value::String(text) if text.is_empty() => return element(out, name, &Value::Null),
        _ => {}
    }
    out.push('<');
    out.push_str(name);
    out.push('>');
    match value {
        Value::Array(items) => items.iter().for_each(|item| element(out, singular(name), item)),
        Value::Object(fields) => fields.iter().for_each(|(field, value)| element(out, field, value)),
        Value::String(text) => escape(out, text),
        other => out.push_str(&other.to_string()),
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Text as XML 1.0 may hold it.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
}

/// A refusal as the standard tells it.
#[derive(Clone, Debug)]
pub struct Fault {
    /// HTTP status, and the code of each error.
    pub code: u16,
    /// What is wrong, in both languages: clients show it to people.
    pub description: String,
}

impl Fault {
    /// A refusal.
    pub fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }

    /// The errors of an answer.
    pub fn tree(&self) -> Tree {
        Tree { root: "errors", value: json!([{ "code": self.code, "description": self.description }]) }
    }
}

/// With its zone and without fractions, whatever the client's parser is.
pub fn date(at: Moment) -> String {
    (at.utc().naive_utc() + chrono::TimeDelta::hours(8)).format("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

/// A date of a client: with or without zone, or a day.
pub fn read_date(text: &str, name: &str) -> Result<Moment, Fault> {
    // A plus sign that was not encoded comes as a blank.
    let text = text.trim().replace(' ', "+");
    let whole = DateTime::parse_from_rfc3339(&text).map(|t| t.with_timezone(&Utc)).ok();
    let zoned = |format| DateTime::parse_from_str(&text, format).map(|t| t.with_timezone(&Utc)).ok();
    let short = || ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"].into_iter().find_map(zoned);
    let plain = |format| chrono::NaiveDateTime::parse_from_str(&text, format).ok().map(|t| (t - chrono::TimeDelta::hours(8)).and_utc());
    let local = || ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"].into_iter().find_map(plain);
    let day = || NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok().map(|d| (d.and_time(chrono::NaiveTime::MIN) - chrono::TimeDelta::hours(8)).and_utc());
    let found = whole.or_else(short).or_else(local).or_else(day);
    let found = found.filter(|t| (1970..=2200).contains(&chrono::Datelike::year(t)));
    found
        .map(Moment::from)
        .ok_or_else(|| Fault::new(400, format!("{name} 应为 W3C 格式的日期时间，例如 2026-03-02T09:30:00+08:00（{name} must be a W3C date and time）")))
}

/// A text is as long as what it is kept in at most.
pub fn at_most(name: &str, value: &str, most: usize) -> Result<(), Fault> {
    if value.chars().count() <= most {
        return Ok(());
    }
    Err(Fault::new(400, format!("{name} 最多 {most} 个字（{name} has at most {most} characters）")))
}

/// The addresses that a client names of its pictures: of the web, and no others.
pub fn addresses(fields: &Fields, most: usize) -> Result<Vec<String>, Fault> {
    let all = fields.all("media_url", false);
    if all.len() > most {
        return Err(Fault::new(400, format!("media_url 最多 {most} 个（at most {most} of media_url）")));
    }
    let web = |url: &String| {
        let lower = url.to_ascii_lowercase();
        (8..=1000).contains(&url.chars().count()) && (lower.starts_with("https://") || lower.starts_with("http://")) && url.validate_url()
    };
    match all.iter().find(|url| !web(url)) {
        Some(_) => Err(Fault::new(400, "media_url 应为 http 或 https 地址（media_url must be an http or https address）")),
        None => Ok(all),
    }
}

/// A file of a form.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its name, with the ending of its type where the client gave none.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl Upload {
    fn of(given: &str, content: &[u8]) -> Self {
        let base: String = given.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
        let base: String = base.chars().rev().take(150).collect::<Vec<_>>().into_iter().rev().collect();
        let base = if base.trim().is_empty() { "附件".to_owned() } else { base };
        let name = match infer::get(content).filter(|_| !base.contains('.')) {
            Some(kind) => format!("{base}.{}", kind.extension()),
            None => base,
        };
        Self { name, content: content.to_vec() }
    }
}

/// The pairs of a query or a form body, in order; the same name may come again.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Decodes `a=b&c=d`.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let bad = || Fault::new(400, "参数应为 UTF-8 编码（parameters must be percent-encoded UTF-8）");
        let decode = |part: &str| {
            let bytes: Vec<u8> = percent_encoding::percent_decode_str(&part.replace('+', " ")).collect();
            String::from_utf8(bytes).ok().filter(|s| !s.contains('\0'))
        };
        let mut all = Vec::new();
        for pair in text.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            all.push((decode(name).ok_or_else(bad)?, decode(value).ok_or_else(bad)?));
        }
        Ok(Self(all))
    }

    /// A multipart form, as clients send it that upload pictures: the text fields, and the files.
    pub fn read_parts(body: &[u8], boundary: &str) -> Result<(Self, Vec<Upload>), Fault> {
        let bad = || Fault::new(400, "表单不完整（the form is malformed）");
        let (mark, mut all, mut files) = (format!("--{boundary}").into_bytes(), Vec::new(), Vec::new());
        let find = |hay: &[u8], needle: &[u8]| hay.windows(needle.len()).position(|w| w == needle);
        let mut rest = body.get(find(body, &mark).ok_or_else(bad)? + mark.len()..).unwrap_or_default();
        while !rest.starts_with(b"--") {
            let end = find(rest, &mark).ok_or_else(bad)?;
            let part = rest.get(..end).unwrap_or_default();
            let head = find(part, b"\r\n\r\n").ok_or_else(bad)?;
            let names = String::from_utf8_lossy(part.get(..head).unwrap_or_default()).into_owned();
            let content = part.get(head + 4..).and_then(|c| c.strip_suffix(b"\r\n")).ok_or_else(bad)?;
            if let Some(given) = names.split("filename=\"").nth(1).and_then(|n| n.split('"').next()) {
                if !content.is_empty() {
                    files.push(Upload::of(given, content));
                }
            } else if names.contains("filename=") || names.contains("filename*=") {
                return Err(bad());
            } else if let Some(name) = names.split("name=\"").nth(1).and_then(|n| n.split('"').next()) {
                let text = std::str::from_utf8(content).ok().filter(|t| !t.contains('\0'));
                all.push((name.to_owned(), text.ok_or_else(bad)?.to_owned()));
            }
            rest = rest.get(end + mark.len()..).unwrap_or_default();
        }
        Ok((Self(all), files))
    }

    /// Those of the body after those of the query.
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The first value of a name that is not blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| n == name && !v.trim().is_empty()).map(|(_, v)| v.trim())
    }

    /// These are named once: of two different values, nobody could say which is meant.
    pub fn once(&self, names: &[&str]) -> Result<(), Fault> {
        for name in names {
            let mut values = self.0.iter().filter(|(n, v)| n == name && !v.trim().is_empty()).map(|(_, v)| v.trim());
            let first = values.next();
            if values.any(|v| Some(v) != first) {
                return Err(Fault::new(400, format!("{name} 只能提供一个值（{name} was provided more than once）")));
            }
        }
        Ok(())
    }

    /// [`Fields::get`], of at most so many characters: what is longer is refused, never cut.
    pub fn within(&self, name: &str, most: usize) -> Result<Option<&str>, Fault> {
        let found = self.get(name);
        found.map_or(Ok(()), |value| at_most(name, value, most))?;
        Ok(found)
    }

    /// All values of a name, `name[]` too, parted at commas where `parted`.
    pub fn all(&self, name: &str, parted: bool) -> Vec<String> {
        let list = format!("{name}[]");
        let values = self.0.iter().filter(|(n, _)| n == name || *n == list).map(|(_, v)| v.as_str());
        let each = values.flat_map(|v| if parted { v.split(',').collect::<Vec<_>>() } else { vec![v] });
        each.map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()).collect()
    }

    /// `attribute[code]`, each with its values.
    pub fn attributes(&self) -> Vec<(String, String)> {
        let named = self.0.iter().filter_map(|(n, v)| {
            let code = n.strip_prefix("attribute[")?.split(']').next()?;
            Some((code.to_owned(), v.trim().to_owned()))
        });
        named.filter(|(_, v)| !v.is_empty()).collect()
    }

    /// One attribute.
    pub fn attribute(&self, code: &str) -> Option<String> {
        self.attributes().into_iter().find(|(c, _)| c == code).map(|(_, v)| v)
    }

    /// A number within a range.
    pub fn number(&self, name: &str, least: f64, most: f64) -> Result<Option<f64>, Fault> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let found = text.parse::<f64>().ok().filter(|n| n.is_finite() && (least..=most).contains(n));
        found.map(Some).ok_or_else(|| Fault::new(400, format!("{name} 应为 {least} 到 {most} 的数（{name} must be a number from {least} to {most}）")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_of_one_tree() {
        let tree = Tree {
            root: "service_requests",
            value: json!([{ "service_request_id": "RX-1", "description": "a < b & \"c\"\u{1}", "zipcode": null, "lat": 31.5 }]),
        };
        assert_eq!(
            tree.write(Format::Xml),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service_requests><request><service_request_id>RX-1</service_request_id>\
             <description>a &lt; b &amp; &quot;c&quot;</description><zipcode/><lat>31.5</lat></request></service_requests>\n"
        );
        assert!(tree.write(Format::Json).starts_with("[{\"service_request_id\":\"RX-1\""));
        let fault = Fault::new(403, "无效").tree();
        assert_eq!(fault.write(Format::Xml).lines().nth(1), Some("<errors><error><code>403</code><description>无效</description></error></errors>"));
        let definition =
            Tree { root: "service_definition", value: json!({ "service_code": "x", "attributes": [{ "code": "a", "values": [{ "key": 1, "name": "n" }] }] }) };
        assert!(
            definition
                .write(Format::Xml)
                .contains("<attributes><attribute><code>a</code><values><value><key>1</key><name>n</name></value></values></attribute></attributes>")
        );
    }

    #[test]
    fn formats_dates_and_forms() {
        assert_eq!(Format::of("requests.json", ""), Some(("requests".into(), Format::Json)));
        assert_eq!(Format::of("requests/RX-1.xml", "application/json"), Some(("requests/RX-1".into(), Format::Xml)));
        assert_eq!(Format::of("services", "application/json, */*"), Some(("services".into(), Format::Json)));
        assert_eq!((Format::of("services", "*/*"), Format::of("services.csv", "")), (Some(("services".into(), Format::Xml)), None));
        let at = read_date("2026-03-02T09:30:00 08:00", "start_date").map(date);
        assert_eq!(at.ok().as_deref(), Some("2026-03-02T09:30:00+08:00"));
        assert_eq!(read_date("2026-03-02T01:30:00Z", "x").map(date).ok().as_deref(), Some("2026-03-02T09:30:00+08:00"));
        for same in ["2026-03-02T09:30", "2026-03-02T01:30Z", "2026-03-02T09:30+08:00", "2026-03-02T09:30:00.25", "2026-03-02T09:30:00+0800"] {
            assert_eq!(read_date(same, "x").map(date).ok().as_deref(), Some("2026-03-02T09:30:00+08:00"), "{same}");
        }
        assert!(read_date("2026-03-02", "x").is_ok() && read_date("yesterday", "x").is_err());
        let fields = Fields::read("api_key=k&attribute[hotline_no]=RX%2B1&attribute[a][]=1&service_request_id=1,2&lat=91").unwrap_or_default();
        assert_eq!(fields.attribute("hotline_no").as_deref(), Some("RX+1"));
        let parts = b"--B\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\nk\r\n--B\r\nContent-Disposition: form-data; name=\"media\"; \
            filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--B--\r\n";
        let (read, files) = Fields::read_parts(parts, "B").unwrap_or_default();
        assert_eq!((read.get("api_key"), files.len()), (Some("k"), 1));
        assert_eq!((files[0].name.as_str(), files[0].content.as_slice()), ("a.png", b"\x89PNG".as_slice()));
        assert_eq!(Upload::of("C:\\p\\照片", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").name, "照片.png", "by its first bytes");
        assert!(fields.within("api_key", 1).is_ok() && fields.within("service_request_id", 2).is_err());
        assert!(Fields::read_parts(b"--B\r\nno end", "B").is_err());
        assert_eq!((fields.all("service_request_id", true).len(), fields.number("lat", -90.0, 90.0).is_err()), (2, true));
    }
}
