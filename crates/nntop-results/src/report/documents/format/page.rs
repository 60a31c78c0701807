//! How a report's page looks: on a light and a dark screen, on a small one, and on paper.

use super::super::chart::{DARK, LIGHT, STYLE};

/// The whole style sheet.
pub(super) fn style() -> String {
    format!(
        ":root{{{LIGHT}}}@media (prefers-color-scheme:dark){{:root{{{DARK}}}}}@media print{{:root{{{LIGHT}}}}}{PAGE}{STYLE}{PRINT}"
    )
}

const PAGE: &str = "\
*{box-sizing:border-box}\
html{color-scheme:light dark;-webkit-text-size-adjust:100%}\
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\
main{max-width:1040px;margin:0 auto;padding:40px 28px 64px}\
header{border-bottom:1px solid var(--rule);padding-bottom:18px;margin-bottom:8px}\
.mark{font-size:12px;letter-spacing:.08em;text-transform:uppercase;color:var(--muted);margin:0 0 6px}\
h1{font-size:28px;line-height:1.2;margin:0 0 6px;font-weight:650;overflow-wrap:anywhere;text-wrap:balance}\
h2{font-size:18px;line-height:1.3;margin:40px 0 12px;font-weight:650;overflow-wrap:anywhere}\
.badges{list-style:none;margin:10px 0 12px;padding:0}.badges li{margin:5px 0;overflow-wrap:anywhere}\
.badge{display:inline-block;margin-right:6px;padding:1px 9px;border-radius:4px;border:1px solid currentColor;font-size:13px;letter-spacing:.04em}\
.sub{color:var(--muted);margin:0;overflow-wrap:anywhere}\
.lead{margin:22px 0 0;padding:0;list-style:none;font-size:18px;line-height:1.45}\
.lead li{margin:4px 0;overflow-wrap:anywhere}\
.lead.plain{font-size:15px}.lead.plain li{margin:6px 0}\
.scroll{position:relative;overflow-x:auto;margin:0 -4px;padding:0 4px}\
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\
th,td{padding:7px 14px 7px 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--grid)}\
th:last-child,td:last-child{padding-right:0}\
thead th{font-size:13px;line-height:1.3;font-weight:600;color:var(--muted);vertical-align:bottom;border-bottom-color:var(--rule)}\
tbody th{font-weight:500;overflow-wrap:anywhere;min-width:9em}\
tbody tr:hover{background:var(--panel)}\
.n{text-align:right;white-space:nowrap}thead .n{white-space:normal}\
.m{padding-right:30px}td.m:last-child,th.m:last-child{padding-right:22px}.m sup{display:inline-block;width:0;white-space:nowrap}\
.stable{color:var(--good)}.noisy,.drifting,.throttled{color:var(--warn)}.invalid,.failed{color:var(--bad);font-weight:600}.no-verdict{color:var(--muted)}\
.na{color:var(--muted)}\
sup{font-size:11px;line-height:0;margin-left:2px;vertical-align:baseline;position:relative;top:-.42em}sup a{color:var(--accent);text-decoration:none}sup a:hover{text-decoration:underline}\
a{color:var(--accent)}\
.warn{border-left:3px solid var(--warn);background:var(--panel);padding:12px 18px 12px 16px;margin:28px 0 0}\
.warn h2{margin:0 0 6px;font-size:15px}.warn ul{margin:0;padding-left:18px}.warn li{margin:3px 0;overflow-wrap:anywhere}\
figure{margin:36px 0 0}figure h2{margin:0 0 2px}\
figcaption{color:var(--muted);font-size:13.5px;margin:0 0 12px;max-width:92ch}\
svg.chart{display:block;width:100%;height:auto;overflow:visible}.narrow{display:none}\
.fold{font-variant-numeric:tabular-nums}.fold .row{display:grid;grid-template-columns:minmax(8em,1fr) repeat(var(--n),minmax(4.2em,9em));gap:14px;align-items:baseline;padding:7px 0;border-bottom:1px solid var(--grid)}\
.fold .head{font-size:13px;line-height:1.3;font-weight:600;color:var(--muted);border-bottom-color:var(--rule);align-items:end}.fold .head .n{white-space:normal;overflow-wrap:anywhere}\
.fold .row:not(.head) .n{padding:0 4px;border-radius:2px;background:linear-gradient(to right,color-mix(in srgb,var(--c) 24%,transparent) var(--w),transparent 0)}\
.fold details{margin:0;font-size:inherit}.fold summary{width:auto;color:inherit;list-style:none}.fold summary::-webkit-details-marker{display:none}.fold small{color:var(--muted);margin-left:6px;font-size:13px}\
.fold .row>span:first-child{padding-left:18px;position:relative;overflow-wrap:anywhere}.fold summary>span:first-child::before{content:'▸';position:absolute;left:0;color:var(--accent)}.fold details[open]>summary>span:first-child::before{content:'▾'}\
.fold .part{font-size:13.5px;color:var(--muted)}.fold .part>span:first-child{padding-left:34px}.fold summary:hover{background:var(--panel)}\
details{margin-top:10px;font-size:13.5px}summary{cursor:pointer;color:var(--accent);width:max-content}\
details .scroll{margin-top:6px}details th,details td{padding-top:4px;padding-bottom:4px}\
.machines{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:0 40px}\
.machines h3{font-size:14px;margin:0 0 6px;font-weight:600;overflow-wrap:anywhere}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 14px;margin:0 0 16px;font-size:13.5px}\
dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}\
.notes{font-size:13.5px;color:var(--muted);padding-left:26px;margin:0}.notes li{margin:3px 0;padding-left:4px;overflow-wrap:anywhere}\
.notes li:target{color:var(--ink);background:var(--panel)}\
footer{margin-top:44px;padding-top:12px;border-top:1px solid var(--grid);color:var(--muted);font-size:13px}\
@media screen and (max-width:720px){main{padding:24px 16px 40px}h1{font-size:23px}.lead{font-size:16px}h2{margin-top:32px}.machines{grid-template-columns:minmax(0,1fr)}\
.roomy{display:none}.narrow{display:block;max-width:520px}\
.stack,.stack tbody,.stack tr,.stack th{display:block}.stack thead{display:none}.stack tr{padding:8px 0;border-bottom:1px solid var(--rule)}.stack th,.stack td{border:0;padding:2px 0}.stack th{font-weight:600;font-size:16px}\
.stack td{display:flex;justify-content:space-between;gap:16px;text-align:right}.stack td::before{content:attr(data-c);color:var(--muted);text-align:left;overflow-wrap:anywhere}.stack td.m:last-child{padding-right:0}.stack .m sup{width:auto}\
.fold .row{gap:8px}dl{grid-template-columns:minmax(0,auto) minmax(0,1fr)}}";

const PRINT: &str = "\
@page{margin:16mm 14mm}\
@media print{html{color-scheme:light}body{font-size:10pt}main{max-width:none;padding:0}h1{font-size:18pt}h2{font-size:12pt;margin:18pt 0 6pt;break-after:avoid}\
.lead{font-size:11.5pt}figure,.warn,tr,.fold .row,dl,.machines>div{break-inside:avoid}h3{break-after:avoid}figure{margin-top:20pt}thead{display:table-header-group}details{display:none}.fold details{display:block}.fold{font-size:8.5pt}.fold .row{padding:3pt 0}.fold details::details-content{content-visibility:visible;block-size:auto}.fold summary>span:first-child::before{content:none}\
.scroll{overflow:visible}th,td{padding:3pt 7pt 3pt 0}table,.notes,dl,figcaption{font-size:8.5pt}thead th{font-size:8pt}tbody th{min-width:5.5em}.m,td.m:last-child,th.m:last-child{padding-right:18pt}\
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}a{color:inherit;text-decoration:none}footer{margin-top:18pt}}";
