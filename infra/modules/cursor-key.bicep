// What signs the cursors of pages. Made with the first deployment and left alone by all others: with
// a new key each time, instances would for hours sign with one and others verify with another. To
// renew it, set the secret and restart the app.
param vaultName string
param tags object

@secure()
param cursorKey string = '${newGuid()}${newGuid()}'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

@onlyIfNotExists()
resource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'cursor-key'
  tags: tags
  properties: {
    value: cursorKey
    contentType: 'text/plain'
  }
}

output name string = secret.name
