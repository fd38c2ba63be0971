//! Files in, with every bad row named.

use std::{path::Path, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;
use crate::{
    auth::Actor,
    catalogue,
    clocks::{self, WorkCalendar},
    db::{Db, Outcome},
    organization, worker,
};

fn read(file: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(file).map_err(|e| CliError::File(file.display().to_string(), e))
}

/// A bar on standard error; silent when that is no terminal.
pub fn bar(length: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(length).with_style(style).with_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Reports bad rows; stops the import unless they may be skipped.
fn judge<T: std::fmt::Debug>(bad: &[T], line: impl Fn(&T) -> (u64, String), skip_bad: bool) -> Result<(), CliError> {
    for row in bad {
        let (line, reason) = line(row);
        eprintln!("第 {line} 行：{reason}");
    }
    if bad.is_empty() || skip_bad { Ok(()) } else { Err(CliError::Said(format!("{} 行有误，未导入任何内容；用 --skip-bad 可跳过", bad.len()))) }
}

/// Centers from a table of divisions.
pub async fn centers(db: &Db, file: &Path, skip_bad: bool) -> Result<(), CliError> {
    let bytes = read(file)?;
    let text = String::from_utf8(bytes).map_err(|_| CliError::Said("文件不是 UTF-8 编码".into()))?;
    let there = db.read(organization::store::division_codes).await?.into_iter().collect();
    let (rows, bad) = organization::read_divisions(&text, &there);
    judge(&bad, |b| (b.line, b.reason.clone()), skip_bad)?;
    let bar = bar(rows.len() as u64, "centers");
    let total = rows.len();
    let made = db.commit(move |tx| organization::import_divisions(tx, &rows, false)).await?;
    bar.finish_and_clear();
    println!("{total} 行，新增 {made} 个中心，{} 个已存在，{} 行有误", total - made, bad.len());
    Ok(())
}

/// A catalogue: all or nothing unless bad rows may be skipped.
pub async fn catalogue(db: &Db, file: &Path, skip_bad: bool) -> Result<(), CliError> {
    let (rows, mut bad) = catalogue::read_catalogue(&read(file)?);
    judge(&bad, |b| (b.line, b.reason.clone()), skip_bad)?;
    let bar = bar(rows.len() as u64, "catalogue");
    let progress = bar.clone();
    let report = db
        .write(move |tx| {
            let actor = Actor::system("cli");
            let mut report = catalogue::ImportReport::default();
            progress.reset();
            for chunk in rows.chunks(500) {
                let part = catalogue::import_table(tx, &actor, chunk, false)?;
                report.created += part.created;
                report.updated += part.updated;
                report.unchanged += part.unchanged;
                report.bad.extend(part.bad);
                progress.inc(chunk.len() as u64);
            }
            Ok(if report.bad.is_empty() || skip_bad { Outcome::Commit(report) } else { Outcome::Rollback(report) })
        })
        .await?;
    bar.finish_and_clear();
    judge(&report.bad, |b| (b.line, b.reason.clone()), skip_bad)?;
    bad.extend(report.bad.clone());
    println!("新增 {}，更新 {}，未变 {}，有误 {}", report.created, report.updated, report.unchanged, bad.len());
    Ok(())
}

/// Calendar years; every open clock that reaches into a changed year is recomputed.
pub async fn calendar(db: &Db, file: &Path) -> Result<(), CliError> {
    let text = String::from_utf8(read(file)?).map_err(|_| CliError::Said("文件不是 UTF-8 编码".into()))?;
    let changed = load_calendar(db, &text).await?;
    worker::recompute_all(db).await?;
    println!("{} 个年度有变化", changed.len());
    Ok(())
}

/// Loads years; answers those that changed.
pub async fn load_calendar(db: &Db, text: &str) -> Result<Vec<i32>, CliError> {
    let years = WorkCalendar::parse_file(text).map_err(|e| CliError::Said(e.to_string()))?;
    let changed = db
        .commit(move |tx| {
            let mut changed = Vec::new();
            for (year, rule) in &years {
                if clocks::load_year(tx, *year, rule, "import")? {
                    changed.push(*year);
                }
            }
            Ok(changed)
        })
        .await?;
    Ok(changed)
}
