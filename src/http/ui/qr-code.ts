/** A QR code as rows of modules (true is dark); drawn by a view, made here, seen by nobody else. */
export async function qrCode(text: string): Promise<readonly (readonly boolean[])[]> {
  const { encode } = await import("uqr");
  return encode(text, { ecc: "M", border: 2 }).data;
}
