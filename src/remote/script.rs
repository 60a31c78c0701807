//! What runs on the board: a few lines of POSIX shell, which busybox has as well.
//!
//! It takes orders on standard input, a line each, and answers each with a line. It is handed over as an argument, within
//! single quotes: whatever shell the user has there takes it, and none of it is read from the stream that the orders are in.

/// What its first line begins with. What a login script prints comes before it.
pub(super) const READY: &str = "NNTOP-HOST 1 ";

/// The command that ssh is given, in one line.
pub(super) fn command() -> String {
    format!("exec sh -c '{}'", LINES.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Without single quotes, backslashes and exclamation marks, each statement with its own end. After a file that did not
/// arrive it ends: what is left of the file in the stream must not be read as orders.
const LINES: &str = r#"
umask 077;
d="${XDG_CACHE_HOME:-$HOME/.cache}/nntop";
sum() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi < "$1" 2>/dev/null |
        { read -r s r; echo "$s"; };
};
lost() { echo "failed: $1"; exit 1; };
echo "NNTOP-HOST 1 $(uname -m) $(uname -s) $d";
while read -r verb rest; do
    eval "set -- $rest";
    case $verb in
    version)
        for p in nntop "$HOME/.local/bin/nntop" "$HOME/.cargo/bin/nntop" "$d/$1"; do
            if command -v "$p" >/dev/null 2>&1; then
                echo "found $p|$("$p" --version </dev/null | head -n 1)";
            fi;
        done;
        echo end ;;
    has) if [ -e "$d/$1" ]; then echo yes; else echo no; fi ;;
    sum) if [ -f "$d/$1" ]; then sum "$d/$1"; else echo none; fi ;;
    mark) if : > "$d/$1"; then echo ok; else lost "$d/$1 cannot be written"; fi ;;
    put)
        t="$d/$4";
        p="$t.$$";
        if mkdir -p "${t%/*}" && head -c "$1" > "$p"; then
            s=$(sum "$p");
            if [ "$s" = "$2" ] && chmod "$3" "$p" && mv -f "$p" "$t"; then echo ok;
            else rm -f "$p"; lost "$t arrived with SHA-256 $s"; fi;
        else rm -f "$p"; lost "$t cannot be written"; fi ;;
    run) exec "$@" ;;
    *) lost "unknown order" ;;
    esac;
done
"#;

/// A word as the script takes it.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_login_shell_takes_it() {
        let command = command();
        let inner = command.strip_prefix("exec sh -c '").and_then(|c| c.strip_suffix('\'')).unwrap();
        assert!(!inner.contains(['\'', '\\', '!', '\n']), "{inner}");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
