export { stackFolder } from './folder.ts';
export { type Part, startPart } from './process.ts';
export { isUp, type Stack, startStack, stopStack } from './up.ts';
