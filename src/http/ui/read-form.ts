import { AppError } from "../../domain/errors.ts";
import { readBody } from "../read-body.ts";

/** The fields of a submitted form. Rejects with `unsupported_media_type` for anything but an ordinary form. */
export async function readForm(request: Request, maxBytes: number): Promise<URLSearchParams> {
  const bytes = await readBody(request, maxBytes);
  if (bytes.byteLength === 0) return new URLSearchParams();
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded")
    throw new AppError("unsupported_media_type", "Forms are taken as application/x-www-form-urlencoded.");
  return new URLSearchParams(new TextDecoder().decode(bytes));
}
