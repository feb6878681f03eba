// Secrets of other systems, put there by people; the app reads them by the names that settings say.
// Two are its own: what signs the cursors of pages, and what names contact points, the same on all
// instances.
param name string
param principalId string
param workspaceId string
param publicNetworkAccess string
param location string
param tags object

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

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

module cursorKey './own-key.bicep' = {
  name: 'cursor-key'
  params: {
    vaultName: vault.name
    name: 'cursor-key'
    tags: tags
  }
}

module suppressionKey './own-key.bicep' = {
  name: 'suppression-key'
  params: {
    vaultName: vault.name
    name: 'suppression-key'
    tags: tags
  }
}

module linkKey './own-key.bicep' = {
  name: 'link-key'
  params: {
    vaultName: vault.name
    name: 'link-key'
    tags: tags
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, secretsUser)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

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
