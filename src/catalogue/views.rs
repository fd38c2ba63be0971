//! How items are answered: in a list, and as a guide.

use serde::Serialize;

use super::{
    model::{ExerciseLevel, HandlingType, ItemContent, ItemState, ItemType},
    review::Review,
    store::Item,
};
use crate::{
    db::{Error, Json, Result},
    kernel::{Code as _, Id, Moment, item_code, label_of},
};

/// An item in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ItemBrief {
    /// Identity.
    pub id: Id,
    /// Code.
    #[schema(example = "GS-320623-0001")]
    pub code: String,
    /// Name.
    #[schema(example = "供水报装")]
    pub name: String,
    /// 12 digits.
    #[schema(example = "320623000000")]
    pub division_code: String,
    /// `draft`, `published` or `withdrawn`.
    pub state: String,
    /// In Chinese.
    pub state_label: String,
    /// Kind.
    pub item_type: ItemType,
    /// In Chinese.
    pub item_type_label: String,
    /// Level.
    pub exercise_level: ExerciseLevel,
    /// 即办件 or 承诺件.
    pub handling_type: HandlingType,
    /// Authority.
    pub department: String,
    /// Theme.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub theme: String,
    /// Times the applicant must come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visits: Option<i32>,
    /// 一件事: made of items.
    pub bundle: bool,
    /// Number of the published version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_version: Option<i64>,
    /// When last changed.
    pub updated_at: Moment,
}

impl From<Item> for ItemBrief {
    fn from(i: Item) -> Self {
        Self {
            id: i.id,
            code: i.code,
            name: i.name,
            division_code: i.division_code,
            state_label: label_of::<ItemState>(&i.state),
            state: i.state,
            item_type: i.item_type,
            item_type_label: i.item_type.label().into(),
            exercise_level: i.exercise_level,
            handling_type: i.handling_type,
            department: i.department,
            theme: i.theme,
            visits: i.visits,
            bundle: i.bundle,
            published_version: i.published_version,
            updated_at: i.updated_at,
        }
    }
}

/// The guide of an item.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ItemView {
    /// Identity.
    pub id: Id,
    /// Code.
    pub code: String,
    /// The parts of a code in the national form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_code: Option<NationalCodeView>,
    /// 12 digits.
    pub division_code: String,
    /// `draft`, `published` or `withdrawn`.
    pub state: String,
    /// In Chinese.
    pub state_label: String,
    /// Number of the version shown; absent for a draft never published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_version: Option<i64>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Moment>,
    /// What it says.
    pub content: ItemContent,
    /// What this caller may do now; only for editors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// Where the review of the draft stands; only for editors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// When the draft becomes the next version; only for editors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<Moment>,
    /// The draft being edited; only for editors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<ItemContent>,
    /// Version of the record, as in `ETag`.
    pub version: i64,
    /// When last changed.
    pub updated_at: Moment,
}

/// A national item code, taken apart (国办函〔2016〕108号).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NationalCodeView {
    /// Of the authority.
    pub credit_code: String,
    /// Level digit.
    pub level: u8,
    /// Basic code.
    pub basic_code: String,
    /// Handling sub-item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_item: Option<String>,
}

crate::versioned!(ItemView);

/// Renders an item: to its editors, with its draft and what they may do.
pub fn view(item: Item, editor: Option<Vec<String>>) -> Result<ItemView> {
    let draft = item.draft.as_ref().map(Json::get).transpose()?;
    let published = item.published.as_ref().map(Json::get).transpose()?;
    let content = published.or_else(|| draft.clone()).ok_or_else(|| Error::Corrupt(format!("item {} says nothing", item.id)))?;
    Ok(ItemView {
        id: item.id,
        national_code: item_code::national(&item.code).map(|n| NationalCodeView {
            credit_code: n.credit_code,
            level: n.level,
            basic_code: n.basic_code,
            sub_item: n.sub_item,
        }),
        code: item.code,
        division_code: item.division_code,
        state_label: label_of::<ItemState>(&item.state),
        state: item.state,
        published_version: item.published_version,
        published_at: item.published_at,
        content,
        review: if editor.is_some() { item.review.as_ref().map(Json::get).transpose()? } else { None },
        effective_at: item.effective_at.filter(|_| editor.is_some()),
        draft: draft.filter(|_| editor.is_some()),
        allowed_actions: editor,
        version: item.version,
        updated_at: item.updated_at,
    })
}
