// A wallet made of cashu-ts:
//   node cashu_ts_wallet.mjs mint MINT-URL AMOUNT [LOCK-KEY]   a token of AMOUNT sats from a mint that pays its own invoices
//   node cashu_ts_wallet.mjs receive MINT-URL TOKEN            swaps the token; prints the sats that came out
import { Wallet, getEncodedToken } from '@cashu/cashu-ts';
import { setTimeout as pause } from 'node:timers/promises';

const [verb, mint, argument, lockKey] = process.argv.slice(2);
const wallet = new Wallet(mint, { unit: 'sat' });
await wallet.loadMint();

async function paidQuote(amount) {
  const { quote } = await wallet.createMintQuoteBolt11(amount);
  for (let tries = 0; tries < 100; ++tries) {
    const { state } = await wallet.checkMintQuoteBolt11(quote);
    if (state === 'PAID') return quote;
    await pause(100);
  }
  throw new Error('the mint did not pay its own invoice');
}

if (verb === 'mint') {
  const amount = Number(argument);
  const proofs = await wallet.mintProofsBolt11(amount, await paidQuote(amount));
  const paid = lockKey ? (await wallet.ops.send(amount, proofs).asP2PK({ pubkey: lockKey }).run()).send : proofs;
  console.log(getEncodedToken({ mint, unit: 'sat', proofs: paid }));
} else if (verb === 'receive') {
  const proofs = await wallet.receive(argument);
  console.log(proofs.reduce((sum, proof) => sum + BigInt(proof.amount.toString()), 0n).toString());
} else {
  console.error('usage: cashu_ts_wallet.mjs mint MINT-URL AMOUNT [LOCK-KEY] | receive MINT-URL TOKEN');
  process.exit(2);
}
