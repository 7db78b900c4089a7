/** A link in a row of the list: Tab reaches those of the active row, so that the list is not a hundred steps long. */

import { createContext, type ReactNode, useContext } from 'react';
import type { Route } from '../model/route.js';
import { Link } from './parts.js';

export const IsActiveRow = createContext(false);

export function RowLink(props: {
  readonly to: Route;
  readonly children: ReactNode;
  readonly className?: string;
  readonly title?: string;
}) {
  const isActive = useContext(IsActiveRow);
  return <Link {...props} tabIndex={isActive ? 0 : -1} />;
}
