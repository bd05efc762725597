import { leakRepo } from "./repo.ts";
const r = leakRepo(Number(process.argv[2]));
console.log(r.mistakes, r.trouble, r.store, r.secrets.map(s=>`${s.app}.${s.name} ${s.holder}`));
for (const [f,t] of Object.entries(r.files)) console.log("==",f,"\n"+t);
