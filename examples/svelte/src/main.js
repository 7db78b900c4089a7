/**
 * A conversation in Svelte. Against `npm start` in another terminal:
 *
 *     npm run svelte --workspace examples
 */

import '../../conversation.css';
import { mount } from 'svelte';
import ConversationPage from './ConversationPage.svelte';

mount(ConversationPage, { target: document.querySelector('#root') });
