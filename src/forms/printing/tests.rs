//! What every form must withstand.

use super::{
    Block, Cell, Column, Document, Error, Mark as SignHere, Party, Printed, Sheet, Signed, Style, font,
    page::pages,
    render, specimens,
    strip::{Mark, Rect},
    text::Line,
};
use crate::{forms::FormKind, kernel::Code as _};

fn printed(sheet: &Sheet) -> Document {
    render(sheet, &specimens::printed()).unwrap_or_else(|e| panic!("{}: {e}", sheet.kind))
}

fn texts(page: &[Mark]) -> Vec<String> {
    page.iter().filter_map(|m| if let Mark::Text { line, .. } = m { Some(line.text()) } else { None }).collect()
}

fn with(blocks: Vec<Block>) -> Sheet {
    Sheet { blocks, ..specimens::plain().swap_remove(0) }
}

fn table(rows: usize, text: &str) -> Block {
    Block::Table {
        columns: vec![Column::short("序号", 10), Column::words("资料名称", 90)],
        rows: (1..=rows).map(|i| vec![i.to_string(), text.to_owned()]).collect(),
    }
}

#[test]
fn the_font_has_what_forms_need() {
    let needed = "□√×①⑳·—…〔〕「」《》￥㎡℃№〓㛃䶮龥（）０Ａ";
    assert!(needed.chars().all(|c| font::FONT.glyph(c).is_some()));
    assert!(('\u{4e00}'..='\u{9fa5}').chain('\u{3400}'..='\u{4db5}').all(|c| font::FONT.glyph(c).is_some()));
}

#[test]
fn every_form_prints_with_common_and_extreme_values() {
    for sheet in specimens::plain().iter().chain(&specimens::extreme()) {
        let document = printed(sheet);
        assert!(document.pdf.starts_with(b"%PDF-1.7"), "{}", sheet.kind);
        assert!(document.pages >= 1);
    }
}

#[test]
fn every_kind_has_a_template() {
    let kinds: Vec<String> = specimens::plain().into_iter().map(|s| s.kind).collect();
    assert_eq!(kinds, FormKind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>());
}

#[test]
fn every_form_says_what_it_must() {
    for sheet in specimens::plain() {
        let laid = pages(&sheet, &specimens::printed()).expect(&sheet.kind);
        let text = laid.iter().flat_map(|p| texts(p)).collect::<String>();
        let of_matter = ["91320600MATE5T017G", "DB320600202601050012", "李四", "签"];
        // What is about a fallback ticket names no matter and no applicant, but in the application.
        let matter = FormKind::parse(&sheet.kind).is_some_and(|kind| !kind.about().is_fallback());
        let always = ["通代办〔2026〕123号", "2026年1月5日", "监督投诉电话", "验证码", "不是行政决定", "盖章"];
        for needed in always.iter().chain(of_matter.iter().filter(|_| matter)) {
            assert!(text.contains(needed), "{} lacks {needed}", sheet.kind);
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for sheet in specimens::extreme().iter().step_by(5) {
        assert_eq!(printed(sheet).pdf, printed(sheet).pdf, "{}", sheet.kind);
    }
}

#[test]
fn a_stored_sheet_prints_as_it_did() {
    for sheet in &specimens::extreme() {
        let stored: Sheet = serde_json::from_slice(&sheet.canonical()).expect("a sheet is read back");
        assert_eq!(&stored, sheet);
        assert_eq!(stored.canonical(), sheet.canonical());
    }
}

#[test]
fn a_stamp_stands_on_every_page() {
    let sheet = with(vec![table(100, "企业投资项目备案申请表")]);
    let laid = pages(&sheet, &Printed { stamp: "作废".into(), ..specimens::printed() }).expect("it prints");
    assert!(laid.len() > 1 && laid.iter().all(|page| matches!(&page[0], Mark::Stamp(line) if line.text() == "作废")));
}

#[test]
fn missing_characters_are_told_without_printing() {
    assert_eq!(super::missing("㛃䶮𠮷 \u{2a700}\u{31350}☑\u{fe00}办理（A）"), ['\u{2a700}', '\u{31350}']);
    assert!(super::missing("如东县政务服务中心“收件”□√〔2026〕1号").is_empty());
}

#[test]
fn missing_characters_are_reported() {
    let sheet = with(vec![Block::Paragraph { text: "㛃䶮𠮷 \u{2a700}\u{31350}☑\u{fe00}".into() }]);
    assert_eq!(printed(&sheet).missing, ['\u{2a700}', '\u{31350}']);
}

#[test]
fn pages_are_numbered() {
    let laid = pages(&with(vec![table(100, "企业投资项目备案申请表")]), &specimens::printed()).expect("it prints");
    assert!(laid.len() > 2);
    for (i, page) in laid.iter().enumerate() {
        assert!(texts(page).contains(&format!("第 {} 页　共 {} 页", i + 1, laid.len())));
        assert!(texts(page).iter().any(|t| t == "资料名称"), "the header is repeated");
    }
}

#[test]
fn rows_grow_with_their_text() {
    let heights = |text: &str| -> f32 {
        let sheet = with(vec![Block::Grid { columns: vec![1, 1], rows: vec![vec![Cell::label("事由"), Cell::value(text)]] }]);
        let laid = pages(&sheet, &Printed::default()).expect("it prints");
        laid[0].iter().filter_map(|m| if let Mark::Frame(r) = m { Some(r.height()) } else { None }).fold(0.0, f32::max)
    };
    assert!(heights(&"字".repeat(200)) > heights("字") + 100.0);
}

#[test]
fn a_cell_longer_than_a_page_goes_on() {
    let long: String = ('\u{4e00}'..).take(5000).collect();
    let sheet = with(vec![Block::Grid { columns: vec![1, 4], rows: vec![vec![Cell::label("事由"), Cell::value(&long)]] }]);
    let laid = pages(&sheet, &Printed::default()).expect("it prints");
    assert!(laid.len() >= 3);
    let all: String = laid.iter().flat_map(|p| texts(p)).filter(|t| t.chars().count() > 20).collect();
    assert!(long.chars().all(|c| all.contains(c)) && laid.iter().take(3).all(|p| texts(p).contains(&"事由".to_owned())));
}

#[test]
fn signatures_never_stand_alone() {
    for rows in 1..60 {
        let mut blocks = vec![table(rows, "企业投资项目备案申请表")];
        blocks.extend(specimens::plain()[0].blocks.iter().filter(|b| matches!(b, Block::Signatures { .. })).cloned());
        let laid = pages(&with(blocks), &Printed::default()).expect("it prints");
        let last = texts(laid.last().expect("there is a page"));
        assert!(last.iter().any(|t| t == "企业投资项目备案申请表"), "{rows} rows");
    }
}

#[test]
fn headings_never_end_a_page() {
    for lines in 1..60 {
        let blocks = vec![
            Block::Paragraph { text: vec!["代办"; lines].join("\n") },
            Block::Heading { text: "五、效力".into() },
            Block::Paragraph { text: "字".repeat(80) },
            Block::Seal { place: "issuer".into(), issuer: "代办中心".into(), date: "2026年1月5日".into() },
        ];
        for style in [Style::Form, Style::Letter] {
            let laid = pages(&Sheet { style, ..with(blocks.clone()) }, &Printed::default()).expect("it prints");
            let page = laid.iter().map(|p| texts(p)).find(|t| t.iter().any(|t| t == "五、效力")).expect("there is a heading");
            assert!(page.iter().any(|t| t.starts_with("字字")), "{lines} lines");
        }
    }
}

#[test]
fn spans_that_do_not_fit_are_refused() {
    let sheet = with(vec![Block::Grid { columns: vec![1, 1], rows: vec![vec![Cell::label("事由").across(3)]] }]);
    assert!(matches!(render(&sheet, &Printed::default()), Err(Error::Uneven(_))));
    let sheet = with(vec![Block::Grid { columns: vec![1, 1], rows: vec![vec![Cell::label("事由")]] }]);
    assert!(matches!(render(&sheet, &Printed::default()), Err(Error::Uneven(_))));
}

#[test]
fn spans_over_rows_share_them() {
    let rows = vec![vec![Cell::label("申请人").down(2), Cell::value("甲")], vec![Cell::value("乙")]];
    let laid = pages(&with(vec![Block::Grid { columns: vec![1, 1], rows }]), &Printed::default()).expect("it prints");
    let frames: Vec<Rect> = laid[0].iter().filter_map(|m| if let Mark::Frame(r) = m { Some(*r) } else { None }).collect();
    assert_eq!(frames.len(), 3);
    assert!((frames[0].height() - frames[1].height() - frames[2].height()).abs() < 0.01);
}

#[test]
fn a_signature_is_shown_at_its_place_only() {
    let sheet = &specimens::plain()[0];
    let signed = |place: &str| Printed {
        signatures: vec![Signed { place: place.into(), who: "张三".into(), when: "2026年1月5日 10:12".into(), how: "人脸核验".into() }],
        ..Printed::default()
    };
    let laid = pages(sheet, &signed("applicant")).expect("it prints");
    assert!(laid.iter().any(|p| texts(p).contains(&"签署人：张三".to_owned())));
    assert!(matches!(render(sheet, &signed("nobody")), Err(Error::UnknownPlace(_))));
}

/// Whatever people write, a form prints: random texts of hard characters and lengths in every field of every block.
#[test]
fn no_text_makes_a_form_fail() {
    let alphabet: Vec<char> = "代办（《“，。、：；—…〔〕ABCxyz0123456789-/.@ \n\t☑□\u{2a700}é\u{301}👍\u{200b}年月日工作".chars().collect();
    let mut seed = 1_u64;
    let mut random = move |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    for round in 0..20 {
        let style = if round % 2 == 0 { Style::Form } else { Style::Letter };
        let mut text = |most: usize| (0..random(most)).map(|_| alphabet[random(alphabet.len())]).collect::<String>();
        let rows: Vec<Vec<Cell>> = (0..6).map(|_| vec![Cell::label(text(60)), Cell::value(text(900))]).collect();
        let table: Vec<Vec<String>> = (0..12).map(|_| (0..4).map(|_| text(120)).collect()).collect();
        let blocks = vec![
            Block::Addressee { text: text(80) },
            Block::Paragraph { text: text(2000) },
            Block::Heading { text: text(60) },
            Block::Grid { columns: vec![1, 4], rows },
            Block::Table {
                columns: vec![Column::short("序号", 8), Column::words("名称", 20), Column::words("说明", 62), Column::short("份数", 10)],
                rows: table,
            },
            Block::List { articles: true, items: (0..5).map(|_| text(300)).collect() },
            Block::Seal { place: "issuer".into(), issuer: text(60), date: text(20) },
            Block::Note { text: text(300) },
            Block::Signatures {
                parties: (0..3)
                    .map(|i| Party {
                        place: format!("party_{i}"),
                        title: text(200),
                        statement: text(900),
                        marks: vec![SignHere::Sign, SignHere::Seal, SignHere::Date],
                        dated: None,
                    })
                    .collect(),
            },
        ];
        let sheet = Sheet { style, title: text(120), issuer: text(60), document_number: text(80), copies: text(200), ..with(blocks) };
        let place = if round % 3 == 0 { "issuer" } else { "party_1" };
        let laid = pages(
            &sheet,
            &Printed {
                signatures: vec![Signed { place: place.into(), who: text(3000), when: text(300), how: text(3000) }],
                verify_address: format!("https://example.gov.cn/{round}"),
                ..specimens::printed()
            },
        );
        assert!(laid.is_ok(), "round {round}: {:?}", laid.err());
    }
}

#[test]
fn a_line_reads_as_it_was_written() {
    assert_eq!(Line::single("☑全程代办　□部分代办", 10.0).text(), "☑全程代办　□部分代办");
}
