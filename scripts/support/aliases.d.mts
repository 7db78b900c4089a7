export function sourceAliases(): { find: RegExp; replacement: string }[];
export function builtAliases(): { find: RegExp; replacement: string }[];
