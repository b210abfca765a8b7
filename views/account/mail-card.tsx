import { Html } from "@elysiajs/html";
import { Button, FormActions } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { Checkbox } from "../components/field.tsx";
import { Form } from "../components/form.tsx";

export interface MailCardProps {
  readonly wanted: boolean;
  /** Without a mail server the choice is kept for when there is one. */
  readonly isSetUp: boolean;
  readonly csrf: string;
}

export function MailCard({ wanted, isSetUp, csrf }: MailCardProps): JSX.Element {
  return (
    <Card id="mail-card" title="Mail">
      {isSetUp ? "" : <p class="soft">No mail is set up on this server yet; nobody is mailed.</p>}
      <Form action="/account/mail" csrf={csrf}>
        <Checkbox
          name="wanted"
          label="Mail me about failed runs and connections"
          hint="Runs that failed or need a decision, at most every 15 minutes for each workflow; a connection that needs reconnecting, once."
          checked={wanted}
        />
        <FormActions>
          <Button label="Save" />
        </FormActions>
      </Form>
    </Card>
  );
}
