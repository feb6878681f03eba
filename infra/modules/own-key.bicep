// A key of the app's own. Made with the first deployment and left alone by all others: with a new
// key each time, instances would for hours sign with one and others verify with another. The key of
// cursors may be renewed as docs/operations-guide.md says, and that of links: set the secret and
// restart the app; links that were sent end with it. The key of suppressions may not: who has withdrawn is found by it alone.
param vaultName string
param name string
param principalId string
param tags object

@secure()
param key string = '${newGuid()}${newGuid()}'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

@onlyIfNotExists()
resource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: name
  tags: tags
  properties: {
    value: key
    contentType: 'text/plain'
  }
}

module reader './secret-reader.bicep' = {
  name: 'read-${name}'
  params: {
    vaultName: vaultName
    secretName: secret.name
    principalId: principalId
  }
}

output name string = secret.name
