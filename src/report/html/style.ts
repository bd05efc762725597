/** The looks of the page: two colour schemes, no picture, no font from elsewhere. */
export const STYLE = `
:root { color-scheme: light dark; --bg: #fff; --fg: #1f2328; --muted: #59636e; --line: #d1d9e0; --card: #f6f8fa;
  --none: #eaeef2; --add: #54aeff; --change: #eac54f; --remove: #cf222e; --link: #0969da; }
@media (prefers-color-scheme: dark) { :root { --bg: #0d1117; --fg: #e6edf3; --muted: #9198a1; --line: #30363d;
  --card: #161b22; --none: #21262d; --add: #388bfd; --change: #9e6a03; --remove: #da3633; --link: #4493f8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg); font: 14px/1.5 system-ui, sans-serif; }
header { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline;
  padding: 10px 20px; background: var(--bg); border-bottom: 1px solid var(--line); }
header p { margin: 0; } h1 { font-size: 17px; margin: 0; } h2 { font-size: 15px; margin: 28px 0 8px; scroll-margin-top: 110px; }
main { padding: 0 20px 60px; } .muted { color: var(--muted); } a { color: var(--link); }
nav { display: flex; gap: 12px; } .search { margin-left: auto; } .search input { margin-left: 6px; }
input { width: min(320px, 60vw); padding: 4px 10px; border: 1px solid var(--line); border-radius: 6px; background: var(--card);
  color: var(--fg); font: inherit; }
.badge { display: inline-block; max-width: 60em; border: 1px solid var(--line); border-radius: 12px; padding: 0 9px; font-size: 12px; overflow-wrap: anywhere; }
.badge.guarded { border-color: var(--remove); color: var(--remove); font-weight: 600; }
.wide { overflow-x: auto; } table { border-collapse: collapse; } th { text-align: left; font-weight: 500; color: var(--muted); }
td, th { padding: 4px 10px 4px 0; vertical-align: top; }
.list { width: 100%; } .list td, .list th { border-bottom: 1px solid var(--line); }
.mono { font: 12.5px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; white-space: break-spaces; min-width: 5em; }
.key { min-width: 15em; } .where { min-width: 17em; }
.grid td { padding: 1px; text-align: center; } .grid thead th { padding: 1px 6px; text-align: center; }
.grid thead button { text-align: center; } .grid tbody th { padding: 1px 12px 1px 0; vertical-align: middle; }
.cell { min-width: 44px; padding: 1px 6px; border-radius: 3px; font-size: 12px; min-height: 22px; background: var(--none); }
.add { background: var(--add); color: #04223f; } .change, .adopt { background: var(--change); color: #1f2328; }
.remove, .replace, .conflict { background: var(--remove); color: #fff; }
.ring { outline: 2px solid var(--fg); outline-offset: -2px; }
.shadow { background-image: repeating-linear-gradient(45deg, transparent 0 4px, color-mix(in srgb, var(--fg) 30%, transparent) 4px 5px); }
.sign { display: inline-block; width: 22px; text-align: center; border-radius: 3px; }
button { font: inherit; color: var(--link); background: none; border: 0; padding: 0; cursor: pointer; text-align: left; overflow-wrap: anywhere; }
button.more { padding: 8px 0; } .legend { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 0 0 8px; font-size: 12px; }
.legend .cell { display: inline-block; min-width: 14px; min-height: 14px; padding: 0; vertical-align: -2px; margin-right: 5px; }
td.differs { background: color-mix(in srgb, var(--change) 22%, transparent); } td.template { color: var(--muted); font-style: italic; }
ins { text-decoration: none; background: color-mix(in srgb, var(--add) 22%, transparent); }
del { text-decoration: none; background: color-mix(in srgb, var(--remove) 16%, transparent); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
@media print { header { position: static; } nav, .search, button.more { display: none; } }
`;
