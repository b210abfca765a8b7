export const accountSample = {
  Id: "001D000000IqhSLIAZ",
  Name: "Acme",
  Industry: "Technology",
  SystemModstamp: "2026-05-31T09:30:00.000+0000",
};
