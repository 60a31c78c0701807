//! The tables, and the steps by which they came to be what they are.
//!
//! `user_version` says how many of [`STEPS`] a file has gone through. A step is never changed: what is to become different
//! is a further step. A file that has gone through more of them than there are here is a newer nntop's, and is left alone.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// What each version adds to the one before.
pub(super) const STEPS: &[&str] = &[
    // 1: a run with its whole result; and a row per variant of it, to find runs by.
    "CREATE TABLE runs (
         id            INTEGER PRIMARY KEY AUTOINCREMENT,
         began_unix_ns INTEGER NOT NULL,
         label         TEXT,
         host          TEXT NOT NULL,
         nntop         TEXT NOT NULL,
         result        TEXT NOT NULL
     ) STRICT;
     CREATE TABLE variants (
         run            INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
         slot           INTEGER NOT NULL,
         name           TEXT NOT NULL,
         model          TEXT NOT NULL,
         sha256         TEXT,
         engine         TEXT NOT NULL,
         provider       TEXT NOT NULL,
         threads        INTEGER,
         batch          INTEGER NOT NULL,
         scenario       TEXT NOT NULL,
         status         TEXT NOT NULL,
         verdict        TEXT,
         p50_ns         REAL,
         p99_ns         REAL,
         throughput_ips REAL,
         memory_bytes   REAL,
         energy_mj      REAL,
         PRIMARY KEY (run, slot)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX runs_by_time ON runs (began_unix_ns);
     CREATE INDEX runs_by_label ON runs (label);",
    // 2: what metrics of the user's own came to, as JSON; absent where there are none.
    "ALTER TABLE variants ADD COLUMN custom_metrics TEXT;",
];

/// Why a file cannot be brought to the present version.
#[derive(Debug, thiserror::Error)]
pub(super) enum MigrateError {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("it is of version {0}, and this nntop knows versions up to {known}", known = STEPS.len())]
    Newer(i64),
}

/// The version that a file is of.
pub(super) fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings a file to the present version, by the steps that it lacks. All of them or none, also when another process does the
/// same at this moment.
pub(super) fn migrate(db: &mut Connection, steps: &[&str]) -> Result<(), MigrateError> {
    let present = steps.len() as i64;
    match version(db)? {
        v if v == present => return Ok(()),
        v if v > present => return Err(MigrateError::Newer(v)),
        _ => {}
    }
    // The lock first, then the look: another process may have been quicker.
    let change = Transaction::new(db, TransactionBehavior::Immediate)?;
    let from = version(&change)?;
    if from > present {
        return Err(MigrateError::Newer(from));
    }
    for step in &steps[from.max(0) as usize..] {
        change.execute_batch(step)?;
    }
    change.pragma_update(None, "user_version", present)?;
    Ok(change.commit()?)
}
