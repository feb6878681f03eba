// Secrets of other systems, put there by people; the app reads them by the names that settings say.
// Three are its own, the same on all instances: what seals the cursors of pages, what names contact
// points, and what signs links.
param name string
param principalId string
@description('Secrets put there by people before, which the app reads whatever the settings say.')
param readableSecrets array
param workspaceId string
param locked bool
param publicNetworkAccess string
param location string
param tags object

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      bypass: 'AzureServices' // which is how a deployment writes the secrets below
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
    }
  }
}

// The key of suppressions is the only way to find who has withdrawn.
resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (locked) {
  scope: vault
  name: 'holds-keys'
  properties: {
    level: 'CanNotDelete'
    notes: 'It holds the keys of consents. docs/deploy.md says how to go back.'
  }
}

module cursorKey './own-key.bicep' = {
  name: 'cursor-key'
  params: {
    vaultName: vault.name
    name: 'cursor-key'
    principalId: principalId
    tags: tags
  }
}

module suppressionKey './own-key.bicep' = {
  name: 'suppression-key'
  params: {
    vaultName: vault.name
    name: 'suppression-key'
    principalId: principalId
    tags: tags
  }
}

module linkKey './own-key.bicep' = {
  name: 'link-key'
  params: {
    vaultName: vault.name
    name: 'link-key'
    principalId: principalId
    tags: tags
  }
}

// Secrets of other systems are read by their names, each only if somebody has granted it: the keys
// of one company are not those of the app.
module reader './secret-reader.bicep' = [
  for secretName in readableSecrets: {
    name: 'read-${secretName}'
    params: {
      vaultName: vault.name
      secretName: secretName
      principalId: principalId
    }
  }
]

// The alarm for secrets that end reads the table that this fills.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-logs'
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'AuditEvent', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
// Without a version, so that the app follows the newest.
output cursorKeyUri string = '${vault.properties.vaultUri}secrets/${cursorKey.outputs.name}'
output suppressionKeyUri string = '${vault.properties.vaultUri}secrets/${suppressionKey.outputs.name}'
output linkKeyUri string = '${vault.properties.vaultUri}secrets/${linkKey.outputs.name}'
