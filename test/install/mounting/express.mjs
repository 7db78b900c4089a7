// node express.mjs PACKAGE: Express 5 or 4, with the middleware that most apps have.
import { createServer } from 'node:http';
import { chat, listen } from './chat.mjs';

const { default: express } = await import(process.argv[2]);
const { default: compression } = await import('compression');
const { default: helmet } = await import('helmet');
const app = express();
const http = createServer(app);
app.use(helmet(), compression(), express.json());
const { handler } = chat(http);
app.use('/chat', handler);
app.use((_request, response) => response.status(404).send("the app's own 404"));
listen(http);
