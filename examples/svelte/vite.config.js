import { svelte } from '@sveltejs/vite-plugin-svelte';
import { development } from '../development.js';

export default { ...development('svelte'), plugins: [svelte({ configFile: false })] };
