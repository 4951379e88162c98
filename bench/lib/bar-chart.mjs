/** A horizontal bar chart as SVG. @param bars [label, value]; a value that is no number has no bar */
export function barChart(title, bars) {
  const rowHeight = 28;
  const left = 190;
  const width = 720;
  const most = Math.max(...bars.map(([, value]) => value).filter(Number.isFinite), 0);
  const rows = bars.map(([label, value], index) => {
    const y = 44 + index * rowHeight;
    const isKnown = Number.isFinite(value);
    const length = isKnown && most > 0 ? Math.max(1, (value / most) * (width - left - 90)) : 0;
    const text = isKnown ? String(Number(value.toPrecision(3))) : 'not sustained or not measured';
    return `<text x="${left - 8}" y="${y + 15}" text-anchor="end">${label}</text><rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="20" fill="${index === 0 ? '#1f6feb' : '#8b949e'}"/><text x="${left + length + 6}" y="${y + 15}">${text}</text>`;
  });
  const height = 54 + bars.length * rowHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13"><rect width="${width}" height="${height}" fill="#ffffff"/><text x="12" y="24" font-size="15" font-weight="bold">${title}</text>${rows.join('')}</svg>\n`;
}
