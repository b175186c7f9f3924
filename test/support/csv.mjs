// RFC 4180, strictly: rows end with CR LF, a quote stands only where one may.

/** Text to rows of cells; throws where it is no CSV. */
export function parseCsv(text) {
  const rows = [];
  let row = [], at = 0;
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      for (at++; ; at++) {
        if (at >= text.length) throw new Error("a quote is not closed");
        if (text[at] !== '"') cell += text[at];
        else if (text[at + 1] === '"') cell += text[at++];
        else break;
      }
      at++;
    } else {
      const end = /[,\r\n"]/.exec(text.slice(at));
      if (!end || end[0] === '"' || end[0] === "\n") throw new Error(`no cell at ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
      cell = text.slice(at, at + end.index);
      at += end.index;
    }
    row.push(cell);
    if (text[at] === ",") at++;
    else if (text.startsWith("\r\n", at)) {
      rows.push(row);
      row = [];
      at += 2;
    } else throw new Error(`neither comma nor CR LF at ${at}`);
    if (text[at - 1] === "," && text.startsWith("\r\n", at)) {
      rows.push([...row, ""]);
      row = [];
      at += 2;
    }
  }
  if (row.length) throw new Error("the last row does not end");
  return rows;
}

/** The rows below the names, as objects. */
export function readTable(text) {
  const [names, ...rows] = parseCsv(text);
  for (const row of rows) if (row.length !== names.length) throw new Error(`a row of ${row.length} cells below ${names.length} names`);
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}
