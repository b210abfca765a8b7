export const rowSample = { row: 5, values: { Order: "1001", Email: "ada@example.com", Total: 25 } };
