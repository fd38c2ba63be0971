//! What is planted is not found again; what is none stays.

use proptest::prelude::*;

use super::{Known, KnownPerson, PersonalKind as Kind, check, clean, script::Script, surnames::begins_word};

fn kinds(text: &str) -> Vec<(Kind, String)> {
    check(text, &Known::default()).into_iter().map(|f| (f.kind, f.words)).collect()
}

#[track_caller]
fn finds(text: &str, kind: Kind, words: &str) {
    assert_eq!(kinds(text), [(kind, words.to_owned())], "{text}");
}

#[test]
fn numbers_are_read_through_what_people_put_between() {
    for (text, kind, words) in [
        ("电话13812345678，请回复", Kind::Mobile, "13812345678"),
        ("电话 138-1234-5678。", Kind::Mobile, "138-1234-5678"),
        ("可打１３８　１２３４　５６７８联系", Kind::Mobile, "１３８　１２３４　５６７８"),
        ("打一三八一二三四五六七八", Kind::Mobile, "一三八一二三四五六七八"),
        ("打+86 138 1234 5678", Kind::Mobile, "86 138 1234 5678"),
        ("号码是1 3 8 1 2 3 4 5 6 7 8", Kind::Mobile, "1 3 8 1 2 3 4 5 6 7 8"),
        ("座机0576-86123456", Kind::Landline, "0576-86123456"),
        ("座机(0576)8612 3456", Kind::Landline, "0576)8612 3456"),
        ("联系电话：86123456", Kind::Landline, "86123456"),
        ("证号320601199001010011号", Kind::CitizenId, "320601199001010011"),
        ("证号3206 0119 9001 0100 11", Kind::CitizenId, "3206 0119 9001 0100 11"),
        ("身份证11010519491231002x", Kind::CitizenId, "11010519491231002x"),
        ("老证320601900101001", Kind::CitizenId, "320601900101001"),
        ("少打一位320601199001010012", Kind::CitizenId, "320601199001010012"),
        ("护照号码E12345678", Kind::TravelDocument, "E12345678"),
        ("护照EA1234567", Kind::TravelDocument, "EA1234567"),
        ("卡号6222 0212 3456 7890 128", Kind::BankCard, "6222 0212 3456 7890 128"),
        ("发到zhang.san@example.com即可", Kind::Email, "zhang.san@example.com"),
        ("微信号：zhangsan_88", Kind::Messenger, "zhangsan_88"),
        ("QQ 123456789", Kind::Messenger, "123456789"),
        ("代码91320600MATE5T017G的企业", Kind::CreditCode, "91320600MATE5T017G"),
        ("车辆浙J12345停放", Kind::Plate, "浙J12345"),
        ("新能源苏F·D12345", Kind::Plate, "苏F·D12345"),
        ("住人民路123号2幢301室", Kind::Address, "123号2幢301室"),
        ("在城东街12弄3号", Kind::Address, "12弄3号"),
        ("位于三星村五组十二号", Kind::Address, "五组十二号"),
        ("在5幢2单元602室", Kind::Address, "5幢2单元602室"),
    ] {
        finds(text, kind, words);
    }
}

#[test]
fn names_are_known_by_where_they_stand() {
    for (text, words) in [
        ("申请人张建国到窗口办理", "张建国"),
        ("法定代表人：于洋。", "于洋"),
        ("我叫欧阳明月，", "欧阳明月"),
        ("姓名 张　三", "张　三"),
        ("由李四女士办理", "李四"),
        ("王先生多次往返", "王"),
        ("昨日陈小明来电", "陈小明"),
        ("其妻子 刘 芳 已去世", "刘 芳"),
        ("联系人（赵敏）未到", "赵敏"),
        ("登记在周杰名下", "周杰"),
        ("阿依古丽·买买提申请", "阿依古丽·买买提"),
    ] {
        assert!(kinds(text).iter().any(|(k, w)| *k == Kind::Name && w == words), "{text}: {:?}", kinds(text));
        let (cleaned, _) = clean(text, &Known::default());
        assert!(check(&cleaned, &Known::default()).is_empty(), "{cleaned}");
    }
    // Heard once, a name is a name everywhere in the text.
    let (cleaned, _) = clean("丈夫周大勇同来，由周大勇代收；周 大 勇认可", &Known::default());
    assert!(!cleaned.contains("大勇") && !cleaned.contains('周'), "{cleaned}");
    let several: Vec<String> = kinds("申请人张三、李四和王小五均到场").into_iter().map(|(_, w)| w).collect();
    assert_eq!(several, ["张三", "李四", "王小五"]);
}

/// What the field writes without meaning anybody.
#[test]
fn an_official_text_is_left_alone() {
    for text in [
        "申请人应当一次提交全部材料，申请人于2023年11月27日申请施工许可，负责人和联系人电话一并登记。",
        "针对可以协调审批窗口解决的一般问题，由市行政服务中心当场协调落实；每月1次统一提交市政府研究落实。",
        "温政服〔2023〕19号，索引号2023-101585，国办发〔2016〕108号，浙委办发〔2023〕60号。",
        "办件DB-320623-20261122-000001-427，工单JB-331081-20261122-000002-118，案例AL-320600-20261122-000001-100。",
        "项目代码2311-331081-04-01-123456，事项编码511A0014200001-511602000000-000-2222222222222-1-00。",
        "市住房和城乡建设局、自然资源和规划局、市场监督管理局牵头，综合行政执法局、消防救援大队配合。",
        "投资13800000000元，面积120000平方米，3个工作日内答复，5月1日起施行，拨打12345热线或4001234567。",
        "申请人万一材料不齐，工作人员马上一次性告知；群众高兴，群众满意后予以销号。",
        "历史遗留问题：房屋竣工多年未办理不动产登记，开发企业已注销，居民无法办理产权证。",
        "新兴行业没有对应的办理渠道，企业反映多个部门均不受理；企业家来电咨询，社区反映情况属实。",
        "项目经理、总经理、副主任、办公室主任、常务副主任、高级经理、客户经理均可参加，男士和女士不限。",
        "按照《温岭市“办不成事”反映（兜底）窗口闭环处理机制》第三条、第3号窗口、地铁2号线办理。",
        "由温岭市行政服务中心报市委改革办召开部门协调会，明确由市文化和广电旅游体育局牵头办理。",
    ] {
        assert_eq!(kinds(text), [], "{text}");
    }
}

fn known() -> Known {
    Known {
        persons: vec![
            KnownPerson { name: "张建国".into(), stands_for: "申请人" },
            KnownPerson { name: "司马云".into(), stands_for: "工作人员" },
            KnownPerson { name: "于洋".into(), stands_for: "申请人" },
        ],
        organizations: vec!["南通柜台演示有限公司".into()],
        numbers: vec!["13900005678".into()],
        ..Known::default()
    }
}

#[test]
fn the_record_knows_names_and_their_parts() {
    let text = "张建国带张某的妻子李四来，说建国和老张、张先生、张　建　国都找过司马老师；于·洋也在。南通柜台演示有限公司（柜台演示公司）电话139 0000 5678。";
    let (cleaned, found) = clean(text, &known());
    for gone in ["张", "建国", "李四", "司马", "洋", "柜台", "5678"] {
        assert!(!cleaned.contains(gone), "{gone}: {cleaned}");
    }
    assert!(cleaned.starts_with("申请人带申请人的妻子"), "{cleaned}");
    assert!(cleaned.contains("[手机号]") && cleaned.contains("某企业"), "{cleaned}");
    assert!(found.iter().filter(|f| f.known).count() >= 8);
    // A given name that is a word says nothing by itself.
    let builder = Known { persons: vec![KnownPerson { name: "张建设".into(), stands_for: "申请人" }], ..Known::default() };
    assert_eq!(clean("张建设找住房和城乡建设局", &builder).0, "申请人找住房和城乡建设局");
    let first = found.first().expect("a finding");
    assert_eq!((first.start, first.length, first.words.as_str()), (0, 3, "张建国"));
}

#[test]
fn placeholders_are_no_findings() {
    let text =
        "申请人[身份证号]、[证件号]、[手机号]、[电话]、[邮箱]，微信[社交账号]，[银行卡号]，[信用代码]，[车牌号]，人民路[门牌号]，联系人某人，某企业，[号码]";
    assert_eq!(kinds(text), []);
}

const SURNAMES: &str = "张王李赵陈刘杨黄周吴徐孙马朱胡郭何林罗郑梁宋谢唐许邓冯韩曹曾彭萧蔡潘田董袁余叶蒋杜苏魏程吕丁沈姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱侯邹熊孟秦白江阎薛尹段雷龙黎史陶贺毛郝顾龚邵万";
const GIVEN: &str = "伟芳娜敏静丽强磊军洋勇艳杰娟涛超秀霞平刚桂英华兰梅莉玲红斌鹏辉宇浩凯倩雪琳琪晨轩博睿泽涵欣怡梓豪佳颖雨婷鑫旭峰亮凤珍春琴波庆";
const SEPARATORS: &[&str] = &["", " ", "-", "　", "－", ".", "\u{200b}", "·", " - "];
const FILLER: &[&str] = &[
    "办理不动产登记",
    "因历史遗留问题无法办理",
    "到窗口咨询",
    "，",
    "。",
    "经市住房和城乡建设局协调",
    "提交材料",
    "；",
    "已满意",
    "多次往返未果",
    "2023年11月27日",
    "请尽快答复",
];

fn full_width(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() { char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c) } else { c }).collect()
}

fn picked(set: &'static str) -> impl Strategy<Value = char> {
    proptest::sample::select(set.chars().collect::<Vec<_>>())
}

fn person() -> impl Strategy<Value = String> {
    (picked(SURNAMES), proptest::collection::vec(picked(GIVEN), 1..=2))
        // A name that begins like a common word is found where the record knows it, or where only a name can stand.
        .prop_filter("a word", |(s, g)| !begins_word(*s, g[0]))
        .prop_map(|(s, g)| std::iter::once(s).chain(g).collect())
}

fn citizen() -> impl Strategy<Value = String> {
    (0u32..28, 1u32..13, 1940u32..2020, 100u32..1000, proptest::sample::select(vec!["320601", "331081", "440781", "511602"])).prop_map(|(d, m, y, n, place)| {
        let body = format!("{place}{y}{m:02}{:02}{n}", d + 1);
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 = body.chars().zip(weights).map(|(c, w)| c.to_digit(10).unwrap_or(0) * w).sum();
        format!("{body}{}", "10X98765432".chars().nth((sum % 11) as usize).unwrap_or('0'))
    })
}

fn mobile() -> impl Strategy<Value = String> {
    (3u32..10, 0u32..1_000_000_000).prop_map(|(b, n)| format!("1{b}{n:09}"))
}

/// A number as somebody may write it: cut at some places, perhaps full-width.
fn written(number: impl Strategy<Value = String>) -> impl Strategy<Value = (String, String)> {
    (number, proptest::sample::select(SEPARATORS.to_vec()), 2usize..6, any::<bool>()).prop_map(|(number, separator, step, wide)| {
        let parts: Vec<String> = number.chars().collect::<Vec<_>>().chunks(step).map(String::from_iter).collect();
        let text = parts.join(separator);
        let text = if wide { full_width(&text) } else { text };
        (number, text)
    })
}

fn filler() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(FILLER.to_vec()), 0..4).prop_map(|parts| parts.concat())
}

/// The text with nothing in it that hides: what a search for the planted finds it in.
fn bare(text: &str) -> String {
    Script::dense(text).chars.into_iter().filter(|c| c.is_alphanumeric()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_is_planted_is_gone(
        caller in person(), relative in person(), other in person(),
        id in written(citizen()), phone in written(mobile()), second in written(mobile()),
        cue in proptest::sample::select(vec!["申请人", "妻子", "联系人：", "姓名：", "我叫", "法定代表人", "经办人（"]),
        title in proptest::sample::select(vec!["先生", "女士", "师傅", "来电", "名下"]),
        spread in proptest::sample::select(vec!["", " ", "　", "·", "\u{200b}"]),
        fill in proptest::collection::vec(filler(), 6),
    ) {
        let known = Known { persons: vec![KnownPerson { name: caller.clone(), stands_for: "申请人" }], ..Known::default() };
        let caller_written = caller.chars().map(String::from).collect::<Vec<_>>().join(spread);
        let text = format!(
            "{}{caller_written}{}身份证{}，{}电话{}，另{}。{}{cue}{relative}，{}，{other}{title}{}。",
            fill[0], fill[1], id.1, fill[2], phone.1, second.1, fill[3], fill[4], fill[5]
        );
        let (cleaned, found) = clean(&text, &known);
        let bare = bare(&cleaned);
        for gone in [&caller, &relative, &other, &id.0, &phone.0, &second.0] {
            prop_assert!(!bare.contains(gone.as_str()), "{gone} in {cleaned}\nof {text}");
        }
        prop_assert!(check(&cleaned, &known).is_empty(), "{:?} in {cleaned}", check(&cleaned, &known));
        // Every place is where its words stand.
        let chars: Vec<char> = text.chars().collect();
        for f in found {
            let words: String = chars[f.start..f.start + f.length].iter().collect();
            prop_assert_eq!(words, f.words);
        }
    }

    #[test]
    fn any_text_is_read_without_harm(text in "\\PC{0,120}") {
        let (cleaned, _) = clean(&text, &known());
        let _ = check(&cleaned, &known());
    }
}
