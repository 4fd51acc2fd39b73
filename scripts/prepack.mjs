// The `prepack` of every package: refuses to pack with anything but pnpm. npm would leave `workspace:`
// in the manifest, and such a tarball cannot be installed.
// biome-ignore lint/suspicious/noUndeclaredEnvVars: the package manager sets it.
const [packer] = (process.env.npm_config_user_agent ?? '').split('/');

if (packer !== 'pnpm') {
  console.error(`redpost: packages of this repository are packed by pnpm. ${packer || 'Anything else'} would leave "workspace:" in the tarball, which could not be installed.
redpost: run \`npm run tarballs\` in the root of the repository for tarballs that can be, and \`npm run release\` to publish.`);
  process.exitCode = 1;
}
