import { ensureProgram } from './system-program.mjs';

/** Makes sure that there are the shells for which `redpost completion` has scripts. */
export async function ensureShells() {
  for (const title of ['zsh', 'fish']) {
    const packages = { 'apt-get': title, dnf: title, apk: title, brew: title };
    await ensureProgram({ title, names: [title], packages, advice: `Install ${title}` });
  }
}
