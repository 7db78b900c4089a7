import vue from '@vitejs/plugin-vue';
import { development } from '../development.js';

export default { ...development('vue'), plugins: [vue()] };
