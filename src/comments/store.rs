//! SQL of open comments.

use diesel::prelude::*;

use super::model::{CommentSource, CommentTags};
use crate::{
    db::{
        Json, Result, Tx,
        schema::{centers, open_comment_tags, open_comments},
    },
    evaluations::model::Grade,
    insert_many,
    kernel::{Id, Moment},
};

/// A comment, freed of personal data.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = open_comments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct OpenComment {
    /// Identity.
    pub id: Id,
    /// With which rating it was written; none where it was recorded.
    pub evaluation_id: Option<Id>,
    /// Number of what was rated, or of what was recorded.
    pub number: String,
    /// Name of the item, or how it came.
    pub title: String,
    /// The center that it is about.
    pub center_id: Id,
    /// Item.
    pub item_id: Option<Id>,
    /// Grade; of what was recorded it counts nowhere.
    pub grade: Option<Grade>,
    /// The comment without personal data.
    pub text: String,
    /// What it is about.
    pub tags: Json<CommentTags>,
    /// Who tagged it; nobody: by its words.
    pub tagged_by: Option<Id>,
    /// When it was written, or received.
    pub rated_at: Moment,
    /// The rated person, who does not read what somebody without a name said.
    pub withheld_from: Option<Id>,
    /// Version.
    pub version: i64,
    /// When it came in.
    pub created_at: Moment,
    /// When last changed.
    pub updated_at: Moment,
    /// How it came.
    pub source: CommentSource,
    /// The department that it is about.
    pub department_id: Option<Id>,
    /// Who recorded it.
    pub recorded_by: Option<Id>,
    /// Whose staff recorded it; they correct and withdraw it.
    pub recorded_center_id: Option<Id>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Moment>,
    /// Why.
    pub withdrawn_why: Option<String>,
}

impl OpenComment {
    /// Rated with a bad grade; what was recorded counts as none.
    pub fn is_bad_rating(&self) -> bool {
        self.source == CommentSource::Rating && self.grade.is_some_and(Grade::is_bad)
    }
}

/// By id.
pub fn comment(tx: &mut Tx, id: Id) -> Result<Option<OpenComment>> {
    Ok(open_comments::table.filter(open_comments::id.eq(id)).select(OpenComment::as_select()).first(tx.conn).optional()?)
}

/// The first about what has this number.
pub fn comment_by_number(tx: &mut Tx, number: &str) -> Result<Option<OpenComment>> {
    let rows = open_comments::table.filter(open_comments::number.eq(number)).order(open_comments::id.asc());
    Ok(rows.select(OpenComment::as_select()).first(tx.conn).optional()?)
}

/// Several, by id.
pub fn comments_by_id(tx: &mut Tx, ids: &[Id]) -> Result<Vec<OpenComment>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(open_comments::table.filter(open_comments::id.eq_any(ids.to_vec())).select(OpenComment::as_select()).load(tx.conn)?)
}

/// What was written with these ratings.
pub fn of_evaluations(tx: &mut Tx, ids: &[Id]) -> Result<Vec<OpenComment>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(open_comments::table.filter(open_comments::evaluation_id.eq_any(ids.to_vec())).select(OpenComment::as_select()).load(tx.conn)?)
}

/// A new comment.
pub fn insert(tx: &mut Tx, row: &OpenComment) -> Result<()> {
    diesel::insert_into(open_comments::table).values(row.clone()).execute(tx.conn)?;
    Ok(())
}

/// Saves a comment whose version was counted up by one.
pub fn save(tx: &mut Tx, row: &OpenComment) -> Result<bool> {
    let old = open_comments::table.filter(open_comments::id.eq(row.id)).filter(open_comments::version.eq(row.version - 1));
    Ok(diesel::update(old).set(row.clone()).execute(tx.conn)? == 1)
}

/// Makes exactly these the tags by which a comment is counted.
pub fn set_tags(tx: &mut Tx, row: &OpenComment, tags: &[String]) -> Result<()> {
    use open_comment_tags as t;
    diesel::delete(t::table.filter(t::comment_id.eq(row.id))).execute(tx.conn)?;
    let on = row.rated_at.local_date().to_string();
    let rows: Vec<_> = tags
        .iter()
        .map(|tag| {
            let shared = (t::center_id.eq(row.center_id), t::item_id.eq(row.item_id), t::is_bad.eq(row.is_bad_rating()), t::source.eq(row.source));
            (t::tag.eq(tag.clone()), t::rated_on.eq(on.clone()), t::comment_id.eq(row.id), shared)
        })
        .collect();
    insert_many!(tx.conn, t::table, &rows[..]);
    Ok(())
}

/// How often a tag was given at a center about an item.
#[derive(Clone, Debug, Queryable)]
pub struct TagCount {
    /// Which.
    pub tag: String,
    /// Where.
    pub center_id: Id,
    /// About what.
    pub item_id: Option<Id>,
    /// Rated with a bad grade.
    pub is_bad: bool,
    /// How it came.
    pub source: CommentSource,
    /// How often.
    pub count: i64,
}

/// The tags of a period (`YYYY-MM-DD`, the last day not in it) at or below a path.
pub fn counted(tx: &mut Tx, path: &str, from: &str, to: &str) -> Result<Vec<TagCount>> {
    use diesel::dsl::count_star;
    use open_comment_tags as t;
    let below = centers::table.filter(centers::path.ge(path.to_owned())).filter(centers::path.lt(format!("{path}~"))).select(centers::id);
    Ok(t::table
        .filter(t::rated_on.ge(from.to_owned()))
        .filter(t::rated_on.lt(to.to_owned()))
        .filter(t::center_id.eq_any(below))
        .group_by((t::tag, t::center_id, t::item_id, t::is_bad, t::source))
        .select((t::tag, t::center_id, t::item_id, t::is_bad, t::source, count_star()))
        .load(tx.conn)?)
}

/// The newest comments with a tag, of a period at or below a path.
pub fn samples(tx: &mut Tx, path: &str, (from, to): (&str, &str), tag: &str, limit: i64) -> Result<Vec<OpenComment>> {
    use open_comment_tags as t;
    let below = centers::table.filter(centers::path.ge(path.to_owned())).filter(centers::path.lt(format!("{path}~"))).select(centers::id);
    let ids: Vec<Id> = t::table
        .filter(t::tag.eq(tag.to_owned()))
        .filter(t::rated_on.ge(from.to_owned()))
        .filter(t::rated_on.lt(to.to_owned()))
        .filter(t::center_id.eq_any(below))
        .order((t::rated_on.desc(), t::comment_id.desc()))
        .limit(limit)
        .select(t::comment_id)
        .load(tx.conn)?;
    let mut rows = comments_by_id(tx, &ids)?;
    rows.sort_by_key(|row| std::cmp::Reverse((row.rated_at, row.id)));
    Ok(rows)
}
