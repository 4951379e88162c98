/** Made by the plugin `prose` of vite.config.ts. */
declare module '*.md' {
  const html: string;
  export default html;
}
