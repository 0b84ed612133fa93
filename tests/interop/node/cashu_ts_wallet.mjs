// A wallet made of cashu-ts:
//   node cashu_ts_wallet.mjs mint MINT-URL AMOUNT [LOCK-KEY]   a token of AMOUNT sats from a mint that pays its own invoices
//   node cashu_ts_wallet.mjs pay MINT-URL AMOUNT REQUEST REFUND-KEY   the same, locked as a payment request (NUT-18) says
//   node cashu_ts_wallet.mjs receive MINT-URL TOKEN [SECRET-KEY]      swaps the token; prints the sats that came out
//   node cashu_ts_wallet.mjs key                                      a secret key and its public key
import { Wallet, decodePaymentRequest, getEncodedToken } from '@cashu/cashu-ts';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const [verb, mint, argument, lock, refundKey] = process.argv.slice(2);

async function openWallet() {
  const wallet = new Wallet(mint, { unit: 'sat' });
  await wallet.loadMint();
  return wallet;
}

async function paidQuote(wallet, amount) {
  const { quote } = await wallet.createMintQuoteBolt11(amount);
  for (let tries = 0; tries < 100; ++tries) {
    const { state } = await wallet.checkMintQuoteBolt11(quote);
    if (state === 'PAID') return quote;
    await pause(100);
  }
  throw new Error('the mint did not pay its own invoice');
}

// With what the mint asks for locking them on top, so that AMOUNT is what the token is worth.
async function printToken(amount, options) {
  const wallet = await openWallet();
  const minted = options ? amount + 2 : amount;
  const proofs = await wallet.mintProofsBolt11(minted, await paidQuote(wallet, minted));
  const paid = options ? (await wallet.ops.send(amount, proofs).asP2PK(options).run()).send : proofs;
  console.log(getEncodedToken({ mint, unit: 'sat', proofs: paid }));
}

if (verb === 'mint') {
  await printToken(Number(argument), lock ? { pubkey: lock } : undefined);
} else if (verb === 'pay') {
  await printToken(Number(argument), { ...decodePaymentRequest(lock).toP2PKOptions(), refundKeys: [refundKey] });
} else if (verb === 'receive') {
  const wallet = await openWallet();
  const proofs = lock ? await wallet.ops.receive(argument).privkey(lock).run() : await wallet.receive(argument);
  console.log(proofs.reduce((sum, proof) => sum + BigInt(proof.amount.toString()), 0n).toString());
} else if (verb === 'key') {
  const secret = randomBytes(32);
  console.log(`${secret.toString('hex')} ${Buffer.from(secp256k1.getPublicKey(secret, true)).toString('hex')}`);
} else {
  console.error('usage: cashu_ts_wallet.mjs mint|pay|receive MINT-URL … | key');
  process.exit(2);
}
