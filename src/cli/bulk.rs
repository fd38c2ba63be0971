//! Many made-up matters, to see how the system behaves when it is full.

use super::{CliError, import};
use crate::{
    db::Db,
    entrustments::{self, BulkPlan},
    evaluations,
    kernel::Problem,
    organization,
};

const BATCH: u64 = 2_000;

/// Adds `count` matters over the centers and items of Nantong, most of them closed, as years of use would leave them.
pub async fn fill(db: &Db, count: u64) -> Result<(), CliError> {
    let plan = db
        .commit(move |tx| {
            let root = organization::store::center_by_division(tx, "320600000000")?.ok_or_else(Problem::not_found)?;
            let ids = organization::store::subtree(tx, &root.path)?;
            let centers = organization::store::centers_by_id(tx, &ids)?;
            BulkPlan::new(tx, centers, count)
        })
        .await?;
    let plan = std::sync::Arc::new(plan);
    let bar = import::bar(count, "entrustments");
    let mut done = 0;
    while done < count {
        let (from, to) = (done, count.min(done + BATCH));
        let plan = plan.clone();
        db.commit(move |tx| {
            let made = entrustments::fill(tx, &plan, from..to)?;
            evaluations::fill(tx, &made)
        })
        .await?;
        bar.inc(to - from);
        done = to;
    }
    bar.finish_and_clear();
    Ok(())
}
