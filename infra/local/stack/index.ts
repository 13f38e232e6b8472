export { freeBytes, NEEDED_TO_START } from './disk.ts';
export { stackFolder } from './folder.ts';
export { type Part, type Starting, startPart } from './process.ts';
export { eraseStack, isUp, stopStack } from './stop.ts';
export { stoppedEarly } from './supervise.ts';
export { type Stack, startStack } from './up.ts';
