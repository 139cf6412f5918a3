import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createMask } from '../../src/masking/mask.ts'
import { withoutPublicBlocks } from '../../src/masking/public-blocks.ts'
import { MASK, secret } from '../../src/masking/secret.ts'
import { CERTIFICATE } from './certificate.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

describe('a certificate in a mapping of secrets', () => {
  it('stays readable where it stands in the open', () => {
    const mask = createMask()
    mask.learnDeclared({ ca: secret(CERTIFICATE), password: secret('hunter22') })
    for (const line of CERTIFICATE.split('\n')) expect(mask.text(`+${line}`)).toBe(`+${line}`)
    expect(mask.text('password=hunter22')).toBe(`password=${MASK}`)
  })

  it('never shows when an encrypted file holds it, whichever is learned first', () => {
    const [line = ''] = CERTIFICATE.split('\n').slice(1)
    for (const learn of [['learn', 'learnDeclared'] as const, ['learnDeclared', 'learn'] as const]) {
      const mask = createMask()
      for (const how of learn) mask[how](secret(CERTIFICATE))
      expect(mask.text(`+${line}`)).toBe(`+${MASK}`)
    }
  })

  it('shows without the key that it is in one text with', () => {
    const mask = createMask()
    mask.learnDeclared(secret(`${CERTIFICATE}${privateKey}`))
    expect(mask.text(CERTIFICATE)).toBe(CERTIFICATE)
    for (const line of privateKey.trim().split('\n')) expect(mask.text(`+${line}`)).toBe(`+${MASK}`)
  })
})

describe('what of a text is left to hide', () => {
  it('is nothing of certificates and public keys', () => {
    expect(withoutPublicBlocks(`${CERTIFICATE}${CERTIFICATE}\n${publicKey}`)).toEqual([])
    expect(withoutPublicBlocks(CERTIFICATE.replaceAll('\n', '\r\n'))).toEqual([])
  })

  it('is all of what only looks like one', () => {
    const lines = CERTIFICATE.trim().split('\n')
    for (const text of [
      privateKey,
      privateKey.replaceAll('PRIVATE', 'PUBLIC'),
      '-----BEGIN CERTIFICATE-----\nhunter22\n-----END CERTIFICATE-----',
      [lines[0], 'pass: hunter22', '', ...lines.slice(1)].join('\n'),
      [...lines.slice(0, -1), '=hunter22', lines.at(-1)].join('\n'),
      `${lines[0]} hunter22\n${lines.slice(1).join('\n')}`,
      CERTIFICATE.replace('-----END CERTIFICATE-----', '-----END PUBLIC KEY-----'),
    ]) {
      expect(withoutPublicBlocks(text)).toEqual([text])
    }
  })
})
