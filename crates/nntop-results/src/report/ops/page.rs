//! What is changed in inferno's picture: no row for the root, labels that keep their end, colours of a dark page, sizes of a
//! phone, and a legend or a note below.

use super::legend::{LINE, Share, escaped, legend};
use std::fmt::Write;

/// inferno's style sheet draws frames without edges, a search button that can hardly be seen, and light pages only. Frames
/// that only enclose, and those of a difference that did not change, step back on a dark page, too; they are recognised by their
/// colour, so that search can still mark them.
const STYLE: &str = "
:root { background:#f8f9fb; }
#title, #subtitle { text-anchor:start; }
#subtitle, .note { fill:#5b6472; }
#search { opacity:0.7; }
#frames > .root, .phone { display:none; }
#unzoom, #search { text-decoration:underline; }
#frames rect { stroke:#f8f9fb; stroke-width:1; rx:2px; }
#frames > *:hover { stroke:none; }
#frames > *:hover rect { stroke:#11151c; stroke-width:1; }
.legend { cursor:pointer; }
.legend:hover text { text-decoration:underline; }
@media (prefers-color-scheme: dark) {
  :root { background:#11151c; }
  #background stop { stop-color:#11151c; }
  #title, #details, #search, #unzoom, #matched, .legend text { fill:#d5dae3; }
  #subtitle, .note { fill:#98a1b0; }
  #frames rect { stroke:#11151c; }
  #frames > *:hover { stroke:none; }
#frames > *:hover rect { stroke:#ffffff; }
  #frames rect[fill=\"rgb(226,229,234)\"], #frames rect[fill=\"rgb(250,250,250)\"] { fill:#333b48; }
  rect[fill=\"rgb(226,229,234)\"] + text, rect[fill=\"rgb(250,250,250)\"] + text { fill:#d5dae3; }
}
";

/// Height of a row of frames.
pub(super) const ROW: usize = 24;

/// A picture that is narrower than this has the sizes of a phone.
const PHONE: usize = 640;

/// What stands below the frames.
pub(super) enum Line<'a> {
    /// The families and their shares.
    Legend(&'a [Share]),
    /// A sentence.
    Note(&'a str),
}

/// inferno's picture as nntop shows it.
pub(super) fn finished(svg: &str, line: Line) -> String {
    let svg = without_root(&titles_apart(&keeping_ends(svg)));
    let Some(height) = height(&svg) else { return svg };
    let below = match line {
        Line::Legend([]) | Line::Note("") => Below::default(),
        Line::Legend(shares) => {
            // Wide pages and phones have one each; a style sheet chooses.
            let (wide, lines) = legend(shares, "legend", height, 1_190.0);
            let (narrow, more) = legend(shares, "legend-narrow", height, 380.0);
            Below { text: wide, phone: narrow, lines, phone_lines: more }
        }
        Line::Note(note) => {
            let whole = Below::note(&[note.to_owned()], height);
            let parts: Vec<String> = note.split(" · ").map(str::to_owned).collect();
            let phone = Below::note(&parts, height);
            Below { text: whole, phone, lines: 1, phone_lines: parts.len() }
        }
    };
    let taller = height + below.lines * LINE;
    // The picture's own height, the background's, and its view box.
    let grown = svg.replacen(&format!("height=\"{height}\""), &format!("height=\"{taller}\""), 2).replacen(
        &format!(" {height}\""),
        &format!(" {taller}\""),
        1,
    );
    let phone = phone_style(&grown, height + below.phone_lines * LINE);
    let styled = grown.replacen("</style>", &format!("{STYLE}{phone}</style>"), 1);
    let end = styled.rfind("</svg>").unwrap_or(styled.len());
    format!(
        "{}<g class=\"desk\">{}</g><g class=\"phone\">{}{}</g>{}",
        &styled[..end],
        below.text,
        subtitle_in_two(&styled),
        below.phone,
        &styled[end..]
    )
}

/// What stands below the frames, on a wide page and on a phone.
#[derive(Default)]
struct Below {
    text: String,
    phone: String,
    lines: usize,
    phone_lines: usize,
}

impl Below {
    fn note(lines: &[String], top: usize) -> String {
        let mut out = String::new();
        for (i, line) in lines.iter().enumerate() {
            let _ = write!(out, "<text class=\"note\" x=\"10\" y=\"{}\">{}</text>", top + 10 + i * LINE, escaped(line));
        }
        out
    }
}

/// A title as large as a phone is wide, and the lines below the frames.
fn phone_style(svg: &str, height: usize) -> String {
    // A letter of inferno's typeface is 0.6 of its size wide.
    let letters = text_of(svg, "title").chars().count().max(20) as f64;
    format!(
        "@media (max-width: {PHONE}px) {{\n  :root {{ height:{height}px; }}\n  \
         #title {{ font-size:max(9px, {:.2}vw); }}\n  #subtitle, .desk {{ display:none; }}\n  .phone {{ display:inline; }}\n  \
         .subtitle {{ font-size:9.5px; }}\n}}\n",
        95.0 / (0.61 * letters)
    )
}

/// Letters that a line of the subtitle holds on a phone.
const SUBTITLE: usize = 58;

/// The subtitle as two lines.
fn subtitle_in_two(svg: &str) -> String {
    let (mut lines, mut at) = ([String::new(), String::new()], 0);
    for part in text_of(svg, "subtitle").split(" · ") {
        if at == 0 && !lines[0].is_empty() && lines[0].chars().count() + 3 + part.chars().count() > SUBTITLE {
            at = 1;
        }
        if !lines[at].is_empty() {
            lines[at].push_str(" · ");
        }
        lines[at].push_str(part);
    }
    let [first, second] = lines;
    format!(
        "<text class=\"note subtitle\" x=\"10\" y=\"44\">{first}</text><text class=\"note subtitle\" x=\"10\" y=\"61\">{second}</text>"
    )
}

/// What stands in the text of that name, as it is in the file.
fn text_of<'a>(svg: &'a str, id: &str) -> &'a str {
    let text = svg.split(&format!("id=\"{id}\"")).nth(1).and_then(|rest| rest.split(['<', '>']).nth(1));
    text.unwrap_or_default()
}

/// inferno draws a row for the root, which is as wide as the picture. It has to be there for the script; it is not shown, and the
/// others move up.
fn without_root(svg: &str) -> String {
    let Some(height) = height(svg).filter(|height| *height > ROW) else { return svg.to_owned() };
    let lower = height - ROW;
    svg.replacen("<svg id=\"frames\"", &format!("<svg id=\"frames\" y=\"-{ROW}\""), 1)
        .replacen("<g><title>all (", "<g class=\"root\"><title>all (", 1)
        .replacen(&format!("height=\"{height}\""), &format!("height=\"{lower}\""), 2)
        .replacen(&format!(" {height}\""), &format!(" {lower}\""), 1)
}

/// inferno has title, "Reset Zoom" and "Search" in one line, which they share only on a wide page. Here titles begin at the left,
/// and the two are a line lower, with the details of the frame under the pointer between them.
fn titles_apart(svg: &str) -> String {
    let Some(line) = svg.split("id=\"details\"").nth(1).and_then(|rest| rest.split("y=\"").nth(1)?.split('"').next())
    else {
        return svg.to_owned();
    };
    let (details, reset) = (format!("x=\"10\" y=\"{line}\""), "x=\"10\" y=\"24.00\"");
    svg.replacen("x=\"50.0000%\"", "x=\"10\"", 2)
        .replacen(&format!("{details}> <"), &format!("x=\"110\" y=\"{line}\"> <"), 1)
        .replacen(&format!("{reset}>Reset"), &format!("{details}>Reset"), 1)
        .replacen("x=\"1190\" y=\"24.00\"", &format!("x=\"1190\" y=\"{line}\""), 1)
}

/// inferno's script shortens labels at the side that it is asked to; the labels that it draws itself are shortened on the
/// right. Here they keep their ends, as the script's do.
fn keeping_ends(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len());
    for (i, frame) in svg.split("<g><title>").enumerate() {
        if i > 0 {
            out.push_str("<g><title>");
        }
        out.push_str(&keeping_end(frame).filter(|_| i > 0).unwrap_or_else(|| frame.to_owned()));
    }
    out
}

/// A frame from its title on, with its label from the right end of its name; `None` where it has all of its name, or none.
fn keeping_end(frame: &str) -> Option<String> {
    let (title, _) = frame.split_once("</title>")?;
    let (name, _) = title.rsplit_once(" (")?;
    let to = frame.find("..</text>")?;
    let from = frame[..to].rfind('>')? + 1;
    // Entities are not cut in two: such names are left as they are.
    if name.contains('&') || !name.starts_with(&frame[from..to]) {
        return None;
    }
    let room = frame[from..to].chars().count();
    let end: String = name.chars().skip(name.chars().count().saturating_sub(room)).collect();
    Some(format!("{}..{end}{}", &frame[..from], &frame[to + 2..]))
}

/// The height that the root element states.
fn height(svg: &str) -> Option<usize> {
    let root = &svg[svg.find("<svg")?..];
    root[..root.find('>')?].split_once("height=\"")?.1.split('"').next()?.parse().ok()
}
