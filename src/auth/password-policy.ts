import { normalEmail } from "../domain/user.ts";

export const MIN_PASSWORD_LENGTH = 12;
/** Long enough for any sentence; hashing more would be work that anybody could order. */
const MAX_PASSWORD_LENGTH = 256;

/**
 * What is wrong with a new password, or null. Length counts and composition does not (NIST SP 800-63B §3.1.1.2); what
 * attackers try first is refused, from a list that is part of the program.
 */
export async function passwordProblem(
  password: string,
  person: { readonly email: string; readonly name: string },
): Promise<string | null> {
  const length = [...password].length;
  if (length < MIN_PASSWORD_LENGTH)
    return `needs at least ${MIN_PASSWORD_LENGTH} characters; a few words that do not belong together are easy to remember`;
  if (length > MAX_PASSWORD_LENGTH) return `has ${length} characters; at most ${MAX_PASSWORD_LENGTH} are taken`;
  const text = password.normalize("NFKC").toLowerCase();
  if (isOfPerson(text, person)) return "is made of your name or address, which is what others try first";
  if (isPattern(text)) return "repeats itself or is a row of neighbouring keys, which is what others try first";
  if (await isCommon(text)) return "is one that many people use, so it is tried first; choose another one";
  return null;
}

/** The address, its local part or the name with little around it. */
function isOfPerson(text: string, { email, name }: { email: string; name: string }): boolean {
  const address = normalEmail(email);
  const [localPart = ""] = address.split("@");
  const parts = [address, localPart, name.trim().toLowerCase(), name.toLowerCase().replace(/\s+/g, "")];
  return parts.some((part) => part.length >= 4 && text.includes(part) && text.length - part.length < 6);
}

const ROWS = ["abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "1234567890"];

/** One short piece over and over, or one run along the alphabet, the digits or the keyboard. */
function isPattern(text: string): boolean {
  if (/^(.{1,20}?)\1+.{0,3}$/su.test(text)) return true;
  return ROWS.some((row) => {
    const forth = row.repeat(3);
    return forth.includes(text) || [...forth].reverse().join("").includes(text);
  });
}

let common: Promise<ReadonlySet<string>> | null = null;

/** Also with digits and signs around it, or written twice. */
async function isCommon(text: string): Promise<boolean> {
  common ??= import("@zxcvbn-ts/language-common").then(({ dictionary }) => new Set(dictionary["passwords-common"]));
  const known = await common;
  const bare = text.replace(/^[\d\W_]+|[\d\W_]+$/gu, "");
  return [text, bare, text.replace(/\W|_/g, "")].some((each) => each !== "" && known.has(each));
}
