declare module 'cloudflare:workers' {
  export const DurableObject: import('./cloudflare.js').ObjectBase;
}
