//! Figures: recounting them from the records, and writing them anew.

use super::{CliError, import};
use crate::{db::Db, statistics::checking};

/// Recounts; every difference is named, and is a failure.
pub async fn verify(db: &Db) -> Result<(), CliError> {
    let found = db.read(checking::verify).await?;
    for told in &found.told {
        println!("{told}");
    }
    let more = found.differences.saturating_sub(found.told.len());
    if more > 0 {
        println!("… and {more} more");
    }
    println!("{} records and {} figures compared; {} records wait to be counted; {} differences", found.records, found.rows, found.waiting, found.differences);
    if found.differences == 0 { Ok(()) } else { Err(CliError::Said("统计数据与记录不一致；可运行 jieli stats rebuild 重新统计".into())) }
}

/// Writes all figures anew.
pub async fn rebuild(db: &Db) -> Result<(), CliError> {
    let bar = import::bar(0, "records");
    let done = checking::rebuild(db, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })
    .await?;
    bar.finish_and_clear();
    println!("{done} records counted anew");
    Ok(())
}
