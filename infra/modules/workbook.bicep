// What an operator looks at: lag, what waits and what was given up, charges and durations.
param workspaceId string
param location string
param tags object

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, 'libro')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Libro'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: string(loadJsonContent('../workbook.json'))
  }
}
