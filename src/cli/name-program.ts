/** How texts that are written once call this program. */
const WRITTEN = /(?<![/\w-])integrationsync (?=[a-z])/g;

/** The text with `program`, how it is called here: what it says can be typed as it stands. */
export function nameProgram(text: string, program: string): string {
  return text.replace(WRITTEN, `${program} `);
}
