import type { Handlers } from './remote.js';

export function answerWith(handlers: Handlers, close?: () => unknown): void;
