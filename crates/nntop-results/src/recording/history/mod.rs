//! The history of results: every one of them, whole, in one SQLite file of the user's data folder.
//!
//! Written in one transaction per result, in WAL mode: a process that is killed at any moment leaves what was there before
//! and nothing of its own; two that write at the same time wait for each other; readers wait for nobody.

mod filter;
mod schema;

pub use filter::Filter;

use crate::json;
use crate::result::{Entry, RunResult, SCHEMA};
use nntop_core::event::Fault;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, params, params_from_iter};
use schema::{MigrateError, STEPS, migrate};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file's name in the data folder.
pub const FILE: &str = "history.db";

/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(10);

/// The open history.
#[derive(Debug)]
pub struct History {
    db: Connection,
    path: PathBuf,
}

impl History {
    /// Opens the history for writing, and begins it where there is none.
    ///
    /// # Errors
    /// When the file cannot be made, is no history, or is a newer nntop's.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|e| Fault::run(format!("{}: cannot be made: {e}", folder.display())).hint(ELSEWHERE))?;
        }
        let wrong = |e: rusqlite::Error| fault(path, &e);
        let mut db = Connection::open(path).map_err(wrong)?;
        set_up(&db).map_err(wrong)?;
        // Readers go on while one writes; a commit is on the disk when it is said to be.
        db.pragma_update(None, "journal_mode", "wal").map_err(wrong)?;
        db.pragma_update(None, "synchronous", "full").map_err(wrong)?;
        migrate(&mut db, STEPS).map_err(|e| of_migration(path, e))?;
        Ok(Self { db, path: path.to_owned() })
    }

    /// Opens a history that is there for reading; absent where none has begun. A folder that cannot be written to is no
    /// obstacle.
    ///
    /// # Errors
    /// When the file cannot be read, is no history, or is a newer nntop's.
    pub fn read(path: &Path) -> Result<Option<Self>, Fault> {
        if !path.exists() {
            return Ok(None);
        }
        match Self::open(path) {
            Ok(history) => Ok(Some(history)),
            Err(first) => {
                let url = format!("file:{}?immutable=1", encoded(path));
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                let opened = Connection::open_with_flags(url, flags).and_then(|db| set_up(&db).map(|()| db));
                // What the first attempt met says more than what the second did.
                let db = opened.map_err(|_| first.clone())?;
                match schema::version(&db) {
                    Ok(version) if (1..=STEPS.len() as i64).contains(&version) => {
                        Ok(Some(Self { db, path: path.to_owned() }))
                    }
                    _ => Err(first),
                }
            }
        }
    }

    /// Takes a result in and gives its number. `now` stands in where the result does not say when it began.
    ///
    /// # Errors
    /// When it cannot be written; nothing of it is in the file then.
    pub fn add(&mut self, result: &RunResult, now: u64) -> Result<i64, Fault> {
        self.insert(result, now).map_err(|e| fault(&self.path, &e))
    }

    fn insert(&mut self, result: &RunResult, now: u64) -> rusqlite::Result<i64> {
        let whole = json::compact(result);
        let change = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let began = integer(result.began_unix_ns.unwrap_or(now));
        change.execute(
            "INSERT INTO runs (began_unix_ns, label, host, nntop, result) VALUES (?, ?, ?, ?, ?)",
            params![began, result.label, result.host.name, result.nntop, whole],
        )?;
        let id = change.last_insert_rowid();
        for (slot, e) in Entry::all(result, id, now).iter().enumerate() {
            change.execute(
                "INSERT INTO variants (run, slot, name, model, sha256, engine, provider, threads, batch, scenario, status,
                     verdict, p50_ns, p99_ns, throughput_ips, memory_bytes, energy_mj, custom_metrics)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    id,
                    slot as i64,
                    e.variant,
                    e.model,
                    e.sha256,
                    e.engine,
                    e.provider,
                    e.threads.map(integer),
                    integer(e.batch),
                    e.scenario,
                    word(&e.status),
                    e.verdict.map(|v| word(&v)),
                    e.p50_ns,
                    e.p99_ns,
                    e.throughput_ips,
                    e.memory_bytes,
                    e.energy_mj,
                    (!e.custom_metrics.is_empty()).then(|| json::compact(&e.custom_metrics)),
                ],
            )?;
        }
        change.commit()?;
        Ok(id)
    }

    /// The rows that pass, newest run first, the variants of a run in their order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list(&self, filter: &Filter) -> Result<Vec<Entry>, Fault> {
        let (text, values) = filter.query();
        let rows = || {
            let mut query = self.db.prepare(&text)?;
            query.query_map(params_from_iter(values.iter()), entry)?.collect::<rusqlite::Result<Vec<Entry>>>()
        };
        rows().map_err(|e| fault(&self.path, &e))
    }

    /// The whole result of a run; absent where there is none of this number.
    ///
    /// # Errors
    /// When the file cannot be read, or the result is of a schema that this nntop does not know.
    pub fn get(&self, id: i64) -> Result<Option<RunResult>, Fault> {
        let found: Option<String> = self
            .db
            .query_row("SELECT result FROM runs WHERE id = ?", [id], |row| row.get(0))
            .optional()
            .map_err(|e| fault(&self.path, &e))?;
        let read = |text: String| {
            let result: RunResult =
                json::read(&text).map_err(|e| Fault::run(format!("run {id} of the history cannot be read: {e}")))?;
            if result.schema != SCHEMA {
                return Err(Fault::run(format!("run {id} of the history is of schema {}", result.schema))
                    .hint("it was written by another version of nntop"));
            }
            Ok(result)
        };
        found.map(read).transpose()
    }

    /// Deletes runs; gives how many there were.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn delete(&mut self, ids: &[i64]) -> Result<usize, Fault> {
        let mut delete = || {
            let change = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let mut deleted = 0;
            for id in ids {
                deleted += change.execute("DELETE FROM runs WHERE id = ?", [id])?;
            }
            change.commit()?;
            Ok(deleted)
        };
        delete().map_err(|e| fault(&self.path, &e))
    }

    /// Names a run, or takes its name away; whether there is one of this number.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn label(&mut self, id: i64, label: Option<&str>) -> Result<bool, Fault> {
        let Some(mut result) = self.get(id)? else { return Ok(false) };
        result.label = label.map(str::to_owned);
        let write = || {
            let whole = json::compact(&result);
            self.db.execute("UPDATE runs SET label = ?, result = ? WHERE id = ?", params![label, whole, id])
        };
        write().map(|n| n > 0).map_err(|e| fault(&self.path, &e))
    }
}

const ELSEWHERE: &str = "NNTOP_DATA_DIR names another folder, and --no-history leaves results out of it";

fn set_up(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "foreign_keys", true)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let unsigned = |at: &str| row.get::<_, Option<i64>>(at).map(|n| n.map(|n| n.max(0) as u64));
    let text = |at: &str| row.get::<_, Option<String>>(at);
    Ok(Entry {
        id: row.get("id")?,
        began_unix_ns: unsigned("began_unix_ns")?.unwrap_or(0),
        label: text("label")?,
        host: row.get("host")?,
        variant: row.get("name")?,
        model: row.get("model")?,
        sha256: text("sha256")?,
        engine: row.get("engine")?,
        provider: row.get("provider")?,
        threads: unsigned("threads")?,
        batch: unsigned("batch")?.unwrap_or(1),
        scenario: row.get("scenario")?,
        // A word of a newer version is none that is known.
        status: text("status")?.and_then(|w| of_word(&w)).unwrap_or_default(),
        verdict: text("verdict")?.and_then(|w| of_word(&w)),
        p50_ns: row.get("p50_ns")?,
        p99_ns: row.get("p99_ns")?,
        throughput_ips: row.get("throughput_ips")?,
        memory_bytes: row.get("memory_bytes")?,
        energy_mj: row.get("energy_mj")?,
        // An older file that cannot be written to has no such column.
        custom_metrics: text("custom_metrics").ok().flatten().and_then(|j| json::read(&j).ok()).unwrap_or_default(),
    })
}

/// SQLite's integers have a sign.
fn integer(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// `interrupted`, as JSON has it.
fn word(of: &impl serde::Serialize) -> String {
    serde_json::to_value(of).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn of_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(word)).ok()
}

/// A path in a URL.
fn encoded(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

fn fault(path: &Path, e: &rusqlite::Error) -> Fault {
    let about = |why: &str| Fault::run(format!("the history {}: {why}", path.display()));
    match e.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            about(&format!("it is damaged, or no history of nntop ({e})"))
                .hint(format!("move it away, and a new one begins: mv {0} {0}.damaged", path.display()))
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            about(&e.to_string()).hint(ELSEWHERE)
        }
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => {
            about(&format!("it cannot be written: {e}")).hint(ELSEWHERE)
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            about(&format!("another process has held it for {} s", BUSY.as_secs())).hint("end that one, or try again")
        }
        _ => about(&e.to_string()),
    }
}

fn of_migration(path: &Path, e: MigrateError) -> Fault {
    match e {
        MigrateError::Sqlite(e) => fault(path, &e),
        MigrateError::Newer(_) => Fault::run(format!("the history {}: {e}", path.display()))
            .hint("a newer nntop wrote it: use that one, or another folder by NNTOP_DATA_DIR"),
    }
}

#[cfg(test)]
mod tests;
