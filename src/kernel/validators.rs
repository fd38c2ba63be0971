//! Shape rules that several request bodies share. A message is “Chinese|English”.

use validator::ValidationError;

use super::{division_code::DivisionCode, phone, project_code};

/// A 12-digit division code.
pub fn division(value: &str) -> Result<(), ValidationError> {
    DivisionCode::parse(value)
        .map(|_| ())
        .map_err(|_| ValidationError::new("division_code").with_message("应为 12 位行政区划代码。|A 12-digit division code.".into()))
}

/// A telephone number of the mainland.
pub fn telephone(value: &str) -> Result<(), ValidationError> {
    phone::check(value).map_err(|_| ValidationError::new("phone").with_message("电话号码格式不正确。|Not a telephone number.".into()))
}

/// An `http` or `https` address with a host, without user, password or fragment.
pub fn web_address(text: &str) -> Result<(), ValidationError> {
    let plain = reqwest::Url::parse(text).is_ok_and(|url| {
        let scheme = matches!(url.scheme(), "http" | "https");
        scheme && url.has_host() && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
    });
    if plain {
        Ok(())
    } else {
        Err(ValidationError::new("url").with_message("应为 http 或 https 地址，不含用户名和片段。|An http or https address.".into()))
    }
}

/// A short code that stands in paths: letters, digits, `_`, `-`.
pub fn code(value: &str) -> Result<(), ValidationError> {
    if value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
        Ok(())
    } else {
        Err(ValidationError::new("code").with_message("编号只能用字母、数字和 _ -。|Letters, digits, _ and - only.".into()))
    }
}

/// A unified social credit code 统一社会信用代码 (GB 32100).
pub fn credit_code(value: &str) -> Result<(), ValidationError> {
    super::credit_code::check(value)
        .map_err(|_| ValidationError::new("credit_code").with_message("不是有效的统一社会信用代码。|Not a unified social credit code.".into()))
}

/// A project code 项目代码, national or local.
pub fn project_code(value: &str) -> Result<(), ValidationError> {
    let zh = "项目代码应为 1 到 50 个可见字符；国家项目代码（YYYY-DDDDDD-CC-CC-NNNNNN）须年份、区划、行业和类型正确。";
    let wrong = |e: project_code::ProjectCodeError| ValidationError::new("project_code").with_message(format!("{zh}|{e}.").into());
    project_code::check(value).map_err(wrong)
}
