/** For screen and print; system fonts; figures line up in columns. */
export const pageStyle = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 32px 28px 64px; color: #1a1a1a; background: #fff;
  font: 15px/1.5 Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif; }
h1 { font-size: 30px; line-height: 1.15; margin: 0 0 8px; letter-spacing: -0.01em; }
h2 { font-size: 21px; margin: 44px 0 10px; padding-top: 14px; border-top: 2px solid #1a1a1a; }
h3 { font-size: 15px; margin: 0 0 6px; }
p { margin: 0 0 10px; max-width: 78ch; }
.brand { margin: 0 0 18px; font-weight: bold; color: #0072b2; letter-spacing: 0.04em; }
.lead { font-size: 17px; color: #333; }
.notice { display: inline-block; padding: 3px 10px; border: 1px solid #d55e00; color: #a34700; font-size: 13px; }
nav ol { margin: 18px 0 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 14px; }
a { color: #005a8c; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 500px), 1fr)); gap: 26px 32px; margin: 18px 0; }
figure { margin: 0 0 8px; }
figure.plot svg { display: block; width: 100%; height: auto; max-width: 560px; }
.wide figure.plot svg { max-width: 860px; }
.wide .figures { grid-template-columns: 1fr; }
figcaption, .note { font-size: 13px; color: #4a4a4a; max-width: 72ch; margin: 4px 0 0; }
figure.table { overflow-x: auto; margin: 16px 0; }
.tables { display: flex; flex-wrap: wrap; gap: 0 56px; }
.tables .note { max-width: 50ch; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: bold; padding: 0 0 6px; white-space: nowrap; }
th, td { padding: 4px 14px 4px 0; text-align: left; font-weight: normal; vertical-align: top; }
thead th { border-bottom: 1.5px solid #1a1a1a; font-weight: bold; font-size: 13px; vertical-align: bottom; }
tbody tr + tr th, tbody tr + tr td { border-top: 1px solid #e4e4e4; }
th.figure, td.figure { text-align: right; padding: 4px 0 4px 22px; }
td.figure { white-space: nowrap; }
.remarks { margin: 6px 0 12px; padding-left: 20px; font-size: 13.5px; overflow-wrap: anywhere; }
.alarm { border-left: 4px solid #d55e00; padding: 6px 12px; background: #fdf1e9; }
.calm { border-left: 4px solid #009e73; padding: 6px 12px; background: #ebf7f3; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 14px; margin: 14px 0; }
.gallery img { display: block; width: 100%; height: auto; background: #000; }
.gallery figcaption { font-size: 12px; overflow-wrap: anywhere; }
.swatch { display: inline-block; width: 11px; height: 11px; margin: 0 4px 0 10px; vertical-align: -1px; }
footer { margin-top: 48px; padding-top: 12px; border-top: 1px solid #b0b0b0; font-size: 13px; color: #4a4a4a; }
@media print {
  @page { size: A4; margin: 16mm 14mm; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  nav { display: none; }
  h2, h3, caption { break-after: avoid; }
  h2 { margin-top: 26px; }
  figure.table { break-inside: avoid; }
  figure.plot, .gallery figure, tr { break-inside: avoid; }
  .figures { grid-template-columns: 1fr 1fr; gap: 16px; }
  .wide .figures { grid-template-columns: 1fr; }
  .gallery { grid-template-columns: repeat(4, 1fr); }
  figure.table { overflow: visible; }
  table { font-size: 9pt; }
  td.figure { white-space: normal; }
  a { color: inherit; text-decoration: none; }
}
`
