import { development } from '../development.js';

export default development('react');
