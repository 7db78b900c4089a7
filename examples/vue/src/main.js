/**
 * A conversation in Vue. Against `npm start` in another terminal:
 *
 *     npm run vue --workspace examples
 */

import '../../conversation.css';
import { createApp } from 'vue';
import ConversationPage from './ConversationPage.vue';

createApp(ConversationPage).mount('#root');
