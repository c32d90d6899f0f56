#include "protocol/html/page.hpp"

namespace curfew {

namespace {

// Colours hold at least 4.5:1 against their background in both schemes (WCAG 2.2 1.4.3), borders of
// fields 3:1 (1.4.11). Targets are 44 px high (2.5.8 asks for 24).
constexpr std::string_view kStylesheet =
    R"css(:root {
  color-scheme: light dark;
  --page: #f3f4f6; --card: #ffffff; --text: #1b1f24; --muted: #55606e; --line: #7b8694;
  --accent: #1f5fbf; --accent-text: #ffffff; --danger: #b3261e; --danger-text: #ffffff;
  --error-back: #fdecea; --error-text: #8c1d18; --note-back: #e8f0fe; --note-text: #174089;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1e2329; --text: #e8ebef; --muted: #a9b4c0; --line: #76828f;
    --accent: #8ab4f8; --accent-text: #10151c; --danger: #f2a19b; --danger-text: #2b0c0a;
    --error-back: #3b1513; --error-text: #f9c8c4; --note-back: #14294a; --note-text: #c8dbfb;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { font-size: 100%; }
body {
  margin: 0; min-height: 100vh; display: flex; justify-content: center; align-items: flex-start;
  background: var(--page); color: var(--text); line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { width: 100%; max-width: 32rem; padding: 1rem; }
main.wide, .wide { max-width: 60rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem; }
.card > h2:first-child { margin-top: 0; }
.card > :last-child { margin-bottom: 0; }
p { margin: 0 0 1rem; }
a { color: var(--accent); }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  padding: 1.5rem; margin: 0 0 1rem; overflow-wrap: anywhere;
}
.brand { font-weight: 600; color: var(--muted); margin: 0 0 1rem; }
.field { margin: 0 0 1rem; }
.field label { display: block; font-weight: 600; margin: 0 0 .25rem; }
.field input:not([type=checkbox]):not([type=radio]), .field select {
  width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
}
.field input[aria-invalid=true]:not([type=checkbox]):not([type=radio]) { border: 2px solid var(--danger); }
.hint { color: var(--muted); font-size: .875rem; }
.field .hint { margin-top: .5rem; }
.error, .note { border-radius: .5rem; padding: .75rem 1rem; margin: 0 0 1rem; }
.error { background: var(--error-back); color: var(--error-text); border-left: .25rem solid; }
.note { background: var(--note-back); color: var(--note-text); border-left: .25rem solid; }
.button {
  display: inline-block; min-height: 2.75rem; padding: .5rem 1.25rem; font: inherit;
  font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
  background: var(--accent); color: var(--accent-text); border: 1px solid transparent;
  border-radius: .5rem;
}
.button-secondary { background: transparent; color: var(--accent); border-color: var(--line); }
.button-danger { background: var(--danger); color: var(--danger-text); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 0; }
.actions form { display: contents; }
form + .hint { margin-top: 1rem; }
.stack { display: flex; flex-direction: column; gap: .75rem; }
.check label { display: flex; gap: .5rem; align-items: center; min-height: 2rem; }
.check input { width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--accent); }
.check .hint { margin: 0 0 0 1.75rem; }
.badge {
  display: inline-block; padding: 0 .5rem; border-radius: 1rem; font-size: .875rem;
  background: var(--note-back); color: var(--note-text);
}
.what { flex: 1 1 16rem; min-width: 0; }
.list { list-style: none; margin: 0; padding: 0; }
.row {
  display: flex; flex-wrap: wrap; gap: .5rem 1rem; justify-content: space-between;
  align-items: center; padding: .75rem 0; border-top: 1px solid var(--line);
}
.row:first-child { border-top: 0; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.visually-hidden {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
@media (min-width: 40rem) { main { padding: 3rem 1rem; } }
@media (max-width: 24rem) {
  .card { padding: 1rem; border-radius: .5rem; }
  .actions .button { width: 100%; }
}
@media (prefers-reduced-motion: no-preference) { .button { transition: opacity .1s; } }
.button:hover { opacity: .9; }
@media (forced-colors: active) { .button { border-color: ButtonText; } }
)css";

}  // namespace

std::string_view stylesheet() { return kStylesheet; }

}  // namespace curfew
