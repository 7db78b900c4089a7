/** What stands in the files of a folder. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every file below a folder. */
export function filesOf(folder: string): Readonly<Record<string, Buffer>> {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true });
  const read = files.flatMap((file) => {
    const path = join(file.parentPath, file.name);
    return file.isFile() ? [[path, readFileSync(path)] as const] : [];
  });
  return Object.fromEntries(read);
}
