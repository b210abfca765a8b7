import type { Role } from "./permission.ts";

/** A person of one tenant. The same address in two tenants is two people, who choose after they proved themselves. */
export interface User {
  readonly id: string;
  readonly tenantId: string;
  /** As it was typed; it is found in any case. */
  readonly email: string;
  readonly name: string;
  /** May look after the installation as a whole. */
  readonly isOperator: boolean;
  /** Whether they are mailed about failed runs and connections; null: as their role has it (`wantsMails`). */
  readonly mailsWanted: boolean | null;
  readonly disabledAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A person in a workspace. */
export interface Member {
  readonly user: User;
  readonly role: Role;
  readonly hasTwoFactor: boolean;
  readonly hasPassword: boolean;
}

/** Owners and admins are mailed unless they have switched it off; others who may act only when they have switched it on. */
export function wantsMails({ mailsWanted }: Pick<User, "mailsWanted">, role: Role): boolean {
  return mailsWanted ?? (role === "owner" || role === "admin");
}

/** Who somebody is at an OpenID provider. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

/** What a stored secret hash and the looked-for address have in common: nobody's case or spaces decide. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Enough to notice a slip; whether an address is real only mail can tell. */
export function isEmail(text: string): boolean {
  return text.length <= 254 && /^[^\s@<>"(),;:\\[\]]+@[^\s@<>"(),;:\\[\]]+$/.test(text);
}
